// What forms share.

/** Forms are served disabled: sent before their script listens, they would put what was written into the address. */
export function ready(form) {
  form.reset();
  for (const field of form.elements) field.disabled = false;
}
