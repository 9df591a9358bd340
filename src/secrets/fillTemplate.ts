/** A place in a template: `${KEY}`, or `${SECRET/KEY}`. */
export interface TemplateReference {
  /** Object name of another Secret; undefined for the template's own. */
  readonly secret?: string;
  readonly key: string;
}

const place = /\$\$\{|\$\{(?:([-.a-z0-9]+)\/)?([-._a-zA-Z0-9]+)\}/gu;

/** What a template refers to, in order. */
export const templateReferences = (template: string): TemplateReference[] =>
  [...template.matchAll(place)].flatMap(([, secret, key]) => (key === undefined ? [] : [{ secret, key }]));

/** Puts values in. `$${` becomes `${`. */
export const fillTemplate = (
  template: string,
  valueOf: (reference: TemplateReference) => string,
  encode?: "url",
): string =>
  template.replaceAll(place, (_match, secret: string | undefined, key: string | undefined) => {
    if (key === undefined) return "${";
    const value = valueOf({ secret, key });
    return encode === "url" ? percentEncoded(value) : value;
  });

/** `encodeURIComponent`, and what it leaves although RFC 3986 reserves it: `!'()*`. */
export const percentEncoded = (value: string): string =>
  encodeURIComponent(value).replaceAll(
    /[!'()*]/gu,
    (character) => `%${character.codePointAt(0)?.toString(16).toUpperCase()}`,
  );
