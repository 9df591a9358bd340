/** A kubeconfig with one context. JSON is YAML, and needs no quoting rules. */
export function kubeconfigOf(options: {
  readonly name: string;
  readonly server: string;
  readonly authorityCertificate: string;
  readonly token: string;
  readonly namespace?: string;
}): string {
  const { name } = options;
  return `${JSON.stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      "current-context": name,
      clusters: [
        {
          name,
          cluster: {
            server: options.server,
            "certificate-authority-data": Buffer.from(options.authorityCertificate).toString("base64"),
          },
        },
      ],
      users: [{ name, user: { token: options.token } }],
      contexts: [{ name, context: { cluster: name, user: name, namespace: options.namespace ?? "default" } }],
      preferences: {},
    },
    undefined,
    2,
  )}\n`;
}
