"""What an older version shows inside an object and the newest one leaves to look up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tracker.sandbox.shapes import Scene, render

if TYPE_CHECKING:
    from tracker.sandbox.store import Record, Store


class Relations:
    """`Relations(store, scene)(kind, id)`: see `older.Look`; drawn in the newest shape."""

    def __init__(self, store: Store, scene: Scene) -> None:
        self._store = store
        self._scene = scene

    def __call__(self, kind: str, identifier: str) -> dict[str, Any]:
        match kind:
            case "charge":
                return self._charge(identifier)
            case "payment_intent":
                charges = self._all("charge", payment_intent=identifier)
                return {"invoice": self._invoice_of(identifier), "charges": charges[::-1]}
            case "invoice":
                return self._invoice(identifier)
            case _:
                return render(
                    kind, self._store.get(kind, identifier) or {"id": identifier, "deleted": 1}, self._scene
                )

    def _all(self, kind: str, **equals: Any) -> list[dict[str, Any]]:
        return [render(kind, record, self._scene) for record in self._store.each(kind, **equals)]

    def _charge(self, identifier: str) -> dict[str, Any]:
        charge: Record = self._store.get("charge", identifier) or {}
        invoice = self._invoice_of(charge.get("payment_intent"))
        return {"invoice": invoice, "refunds": self._all("refund", charge=identifier)[::-1]}

    def _invoice_of(self, intent: str | None) -> str | None:
        payments = self._store.each("invoice_payment", payment_intent=intent) if intent else []
        return str(payments[0]["invoice"]) if payments else None

    def _invoice(self, identifier: str) -> dict[str, Any]:
        invoice: Record = self._store.get("invoice", identifier) or {}
        intent: Record = self._store.get("payment_intent", invoice.get("intent") or "") or {}
        return {"payment_intent": invoice.get("intent"), "charge": intent.get("charge")}
