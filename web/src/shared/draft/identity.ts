// A document by a number: two edits of a model are told apart without reading five thousand rows each time something is drawn.
const numbers = new WeakMap<object, number>();
let last = 0;

/** The same number for the same document, another for every change of it. */
export function identityOf(document: object | null | undefined): number | null {
  if (!document) return null;
  let own = numbers.get(document);
  if (own === undefined) numbers.set(document, (own = last += 1));
  return own;
}
