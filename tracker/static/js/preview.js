// A preview keeps nothing: whoever closes the banner here must see it again, and their own articles stay untouched.
for (const name of ["localStorage", "sessionStorage"]) {
  Object.defineProperty(window, name, { get() { throw new DOMException("a preview keeps nothing", "SecurityError"); } });
}
