/** A Deployment whose pods say nothing; `extra` goes into its spec. */
export const deployment = (name: string, extra: object = {}, image = "example.org/web:1"): object => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name, labels: { app: name } },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        containers: [
          {
            name: "web",
            image,
            ports: [{ containerPort: 8080, name: "http" }],
            env: [{ name: "COLOUR", value: "blue" }],
            resources: { requests: { cpu: "10m" } },
          },
        ],
      },
    },
    ...extra,
  },
});

export const configMap = (name: string, data: object, labels?: object): object => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, ...(labels === undefined ? {} : { labels }) },
  data,
});

export const list = (...items: object[]): object => ({ apiVersion: "v1", kind: "List", items });

/** A namespaced kind of example.org/v1 with text, times, a column and a status. */
export const definition = (plural: string, kind: string): object => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `${plural}.example.org` },
  spec: {
    group: "example.org",
    scope: "Namespaced",
    names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        subresources: { status: {} },
        additionalPrinterColumns: [{ name: "Text", type: "string", jsonPath: ".spec.text" }],
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: {
                type: "object",
                required: ["text"],
                properties: {
                  text: { type: "string", description: "What is said." },
                  times: { type: "integer", default: 1, description: "How often." },
                },
              },
              status: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
            },
          },
        },
      },
    ],
  },
});
