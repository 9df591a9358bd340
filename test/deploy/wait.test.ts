import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { KubeObject } from "../../src/contract/index.ts";
import { deploy, planDeploy, type DeployEvent } from "../../src/deploy/index.ts";
import { renderingOf } from "../../src/deploy/testing/testCluster.ts";
import { createKubeClient, isAlreadyExists, type KubeClient, type Transport } from "../../src/kube/index.ts";
import { loadCrd } from "../../src/kube/preloadedCrds.ts";
import { servers, type OpenedServer } from "./servers.ts";
import { statusTable, type Row } from "./statusTable.ts";

const widgets = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.lab.example.org" },
  spec: {
    group: "lab.example.org",
    scope: "Namespaced",
    names: { kind: "Widget", plural: "widgets", singular: "widget", listKind: "WidgetList" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: { type: "object" },
              status: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
            },
          },
        },
      },
    ],
  },
};

describe.each(servers)("On $name", (server) => {
  let cluster: OpenedServer;
  /** Servers that know the kinds already. */
  const prepared = new WeakSet<Transport>();
  beforeAll(async () => {
    if (server.missing === undefined) await server.start();
  }, 300_000);
  afterAll(() => server.stop());
  beforeEach(async () => {
    if (server.missing !== undefined) return;
    cluster = await server.open();
    if (prepared.has(cluster.transport)) return;
    prepared.add(cluster.transport);
    for (const definition of [
      widgets,
      loadCrd("httproutes.gateway.networking.k8s.io"),
      loadCrd("routes.route.openshift.io"),
    ])
      await install(definition);
  });
  afterEach(async () => await cluster?.close());

  /** Resolves once its kind is served. */
  async function install(definition: KubeObject): Promise<void> {
    const { client } = cluster;
    await client.create(definition).catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error;
    });
    const isEstablished = async (): Promise<boolean> => {
      const { status } = await client.get<KubeObject & { status?: { conditions?: { type: string }[] } }>({
        ...definition,
        name: definition.metadata.name ?? "",
      });
      return status?.conditions?.some(({ type }) => type === "Established") ?? false;
    };
    for (let tries = 0; tries < 1200 && !(await isEstablished()); tries++)
      await new Promise((resolve) => setTimeout(resolve, 50));
    client.forgetDiscovery();
  }

  const component = (key: string, ...after: string[]) => ({ key, name: key, kind: "manifests", after });

  /** Deploys it, and writes what its controller would, each when what was awaited before was told. Gives all that was. */
  async function deployed({ object, first, steps }: Row): Promise<string[]> {
    const controller: KubeClient = cluster.client;
    const told: string[] = [];
    let next = 0;
    let written = Promise.resolve();
    // A status that the server refuses ends the test, not its patience.
    const refused = new AbortController();
    const write = (live: KubeObject): void => {
      const step = steps[next++];
      if (step === undefined) return;
      const { apiVersion, kind, metadata } = live;
      const ref = { apiVersion, kind, name: metadata.name ?? "", namespace: metadata.namespace };
      const status = step.status(metadata.generation ?? 1);
      written = written.then(async () => {
        await controller.patch(ref, "merge", { status }, { subresource: "status" });
      });
      written.catch(() => refused.abort());
    };
    let live: KubeObject | undefined;
    const transport: Transport = {
      ...cluster.deployer.transport,
      async send(request) {
        const response = await cluster.deployer.transport.send(request);
        const isWrite = request.method === "PATCH" && request.query?.["dryRun"] === undefined;
        if (!isWrite || !request.path.endsWith("/x") || response.status > 201) return response;
        live = (await response.json()) as KubeObject;
        if (first === undefined) {
          write(live);
          await written;
        }
        return { ...response, json: async () => structuredClone(live) };
      },
    };
    const { apiVersion, kind } = object;
    const expected = [first, ...steps.map(({ waits }) => waits)];
    const rendering = renderingOf([{ ...object, component: "x" }], [component("x")]);
    await cluster.deployer.grant(rendering);
    const client = createKubeClient(transport);
    const onEvent = (event: DeployEvent): void => {
      if (event.type !== "component-waiting") return;
      told.push(event.message);
      if (live !== undefined && expected[next]?.test(event.message)) write(live);
    };
    const plan = await planDeploy(rendering, { client });
    try {
      await deploy(rendering, plan, { client, onEvent, signal: refused.signal }, { timeoutSeconds: 90 });
    } finally {
      await written;
      // Nobody is there to see that no pod uses it.
      if (kind === "PersistentVolumeClaim")
        await controller.patch({ apiVersion, kind, name: "x", namespace: "epi" }, "merge", {
          metadata: { finalizers: null },
        });
      await cluster.deployer.destroy(rendering);
    }
    return told;
  }

  describe.skipIf(server.missing !== undefined)("the deploy waits for", () => {
    it.each(statusTable.filter(({ steps }) => steps.every(({ fails }) => fails === undefined)))(
      "$what",
      async (row) => {
        const told = await deployed(row);
        const awaited = [row.first, ...row.steps.map(({ waits }) => waits)].filter(
          (one) => one !== undefined,
        );
        for (const pattern of awaited)
          expect(
            told.some((message) => pattern.test(message)),
            `${pattern} in ${told.join(" | ")}`,
          ).toBe(true);
        expect(told.length > 0).toBe(awaited.length > 0);
      },
    );
  });

  describe.skipIf(server.missing !== undefined)("the deploy gives up on", () => {
    it.each(statusTable.filter(({ steps }) => steps.some(({ fails }) => fails !== undefined)))(
      "$what",
      async (row) => {
        const fails = row.steps.at(-1)?.fails;
        await expect(deployed(row)).rejects.toMatchObject({
          code: "WaitFailed",
          message: expect.stringMatching(fails ?? /never/) as string,
        });
      },
    );
  });

  it.skipIf(server.missing !== undefined)("every right that was granted was needed", () => {
    expect(server.ledger.unused(/^get pods\/log$/)).toEqual([]);
  });
});
