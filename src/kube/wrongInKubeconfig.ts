type Check = (value: unknown) => string | undefined;

const isMissing = (value: unknown): boolean => value === undefined || value === null;

const text: Check = (value) => (isMissing(value) || typeof value === "string" ? undefined : "");
const flag: Check = (value) => (isMissing(value) || typeof value === "boolean" ? undefined : "");

const list =
  (item: Check): Check =>
  (value) => {
    if (isMissing(value)) return undefined;
    if (!Array.isArray(value)) return "";
    for (const [index, each] of (value as unknown[]).entries()) {
      const wrong = item(each);
      if (wrong !== undefined) return `[${index}]${wrong}`;
    }
    return undefined;
  };

const needed =
  (check: Check): Check =>
  (value) =>
    isMissing(value) ? "" : check(value);

/** Fields that are not named are nobody's matter here. */
const object =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value) => {
    if (isMissing(value)) return undefined;
    if (typeof value !== "object" || Array.isArray(value)) return "";
    for (const [name, check] of Object.entries(fields)) {
      const wrong = check((value as Record<string, unknown>)[name]);
      if (wrong !== undefined) return `.${name}${wrong}`;
    }
    return undefined;
  };

/** Where lists hold things by their names, these tell the place better than numbers. */
const named =
  (key: string, fields: Readonly<Record<string, Check>>): Check =>
  (value) => {
    const wrong = list(needed(object({ name: needed(text), [key]: object(fields) })))(value);
    const index = Number(/^\[(\d+)\]/.exec(wrong ?? "")?.[1]);
    if (wrong === undefined || Number.isNaN(index)) return wrong;
    const entry = (value as ({ name?: unknown } | null)[])[index];
    return typeof entry?.name === "string"
      ? wrong.replace(/^\[\d+\]/, `.${entry.name}`).replace(`.${entry.name}.${key}`, `.${entry.name}`)
      : wrong;
  };

const texts = (...names: string[]): Record<string, Check> =>
  Object.fromEntries(names.map((name) => [name, text]));

const kubeconfig = object({
  "current-context": text,
  contexts: named("context", texts("cluster", "user", "namespace")),
  clusters: named("cluster", {
    ...texts("server", "certificate-authority", "certificate-authority-data", "tls-server-name", "proxy-url"),
    "insecure-skip-tls-verify": flag,
  }),
  users: named("user", {
    ...texts(
      "client-certificate",
      "client-certificate-data",
      "client-key",
      "client-key-data",
      "token",
      "tokenFile",
      "username",
      "password",
      "as",
      "as-uid",
    ),
    "as-groups": list(needed(text)),
    exec: object({
      ...texts("apiVersion", "command", "installHint", "interactiveMode"),
      args: list(needed(text)),
      env: list(needed(object({ name: needed(text), value: needed(text) }))),
      provideClusterInfo: flag,
    }),
    "auth-provider": object({ name: needed(text), config: object({ "id-token": text }) }),
  }),
});

/**
 * Where a kubeconfig is not as client-go would read it, as far as Moorage does: `users.ada.token`; empty when it is none at all. Undefined: it is sound. Never a value, as these may be secret.
 */
export const wrongInKubeconfig = (parsed: unknown): string | undefined =>
  kubeconfig(parsed)?.replace(/^\./, "");
