import { setTimeout as sleep } from "node:timers/promises";
import { answerTo, configMap } from "./BadRequest.ts";
import type { ApiTarget } from "./ApiTarget.ts";

const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
export const widgets = "/apis/bad.example.org/v1/namespaces/default/widgets";

/** A definition as JSON text. */
export const definition = (plural: string, kind: string, spec: unknown): string =>
  JSON.stringify({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.bad.example.org` },
    spec: {
      group: "bad.example.org",
      scope: "Namespaced",
      names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: "object", properties: { spec } } },
        },
      ],
    },
  });

/** The objects that the requests are about. */
export async function prepare(target: ApiTarget): Promise<void> {
  const must = async (path: string, body: string): Promise<void> => {
    const { status, body: text } = await answerTo({ what: "", answer: "", path, body }, target);
    if (status !== 201) throw new Error(`${path}: ${status} ${text}`);
  };
  for (const name of ["there", "deleted"])
    await must("/api/v1/namespaces/default/configmaps", configMap(name, ',"data":{"a":"b"}'));
  await must(
    definitions,
    definition("widgets", "Widget", {
      type: "object",
      "x-kubernetes-preserve-unknown-fields": true,
      properties: {
        slow: { type: "string", pattern: "^(a+)+$" },
        email: {
          type: "string",
          pattern: "^([a-zA-Z0-9])(([\\-.]|[_]+)?([a-zA-Z0-9]+))*(@){1}[a-z0-9]+[.]{1}$",
        },
      },
    }),
  );
  for (;;) {
    const { status } = await answerTo({ what: "", answer: "", method: "GET", path: widgets }, target);
    if (status === 200) break;
    await sleep(50);
  }
  await must(
    widgets,
    '{"apiVersion":"bad.example.org/v1","kind":"Widget","metadata":{"name":"there"},"spec":{"a":1}}',
  );
  await must(
    "/apis/apps/v1/namespaces/default/deployments",
    JSON.stringify({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "there" },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: "a" } },
        template: { metadata: { labels: { app: "a" } }, spec: { containers: [{ name: "a", image: "a" }] } },
      },
    }),
  );
}
