/** The server writes a fresh one into each page; antd and the formula box put it on their styles. */
export const nonce = typeof document === 'undefined' ? undefined : document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content;

/** Some parts of libraries add a style element and forget the nonce: the policy would refuse it. */
export function markStyles() {
  if (!nonce) return;
  const create = document.createElement.bind(document);
  document.createElement = ((name: string, options?: ElementCreationOptions) => {
    const element = create(name, options);
    if (name === 'style') element.nonce = nonce;
    return element;
  }) as typeof document.createElement;
}
