// What scripts say to people: the page brings the sentences in its language (operator_ui/script_texts.py).
const texts = JSON.parse(document.getElementById("texts").textContent);

/** The sentence of this key, with each {name} filled in. An unknown key is a fault of ours, and says so. */
export function say(key, values = {}) {
  if (!(key in texts)) throw new Error(`no text for ${key}`);
  return texts[key].replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
}

/** The same for a number: `key`.one or `key`.many, with {n}. */
export const count = (key, n) => say(`${key}.${n === 1 ? "one" : "many"}`, { n: number(n) });

export const number = (n) => n.toLocaleString(document.documentElement.lang);
