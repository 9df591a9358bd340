import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { KubeObject } from "../../src/contract/index.ts";
import {
  deploy,
  listRevisions,
  planDeploy,
  type DeployEvent,
  type DeployOptions,
  type Failure,
} from "../../src/deploy/index.ts";
import { configMap, renderingOf } from "../../src/deploy/testing/testCluster.ts";
import type { KubeClient } from "../../src/kube/index.ts";
import { stay } from "../sandbox/TestSandbox.ts";
import type { Deployer } from "./Deployer.ts";
import { failureCases, foreign, running, says, workload } from "./failureCases.ts";
import { nodeServers, type RunningNodeServer } from "./nodeServers.ts";

type Component = KubeObject & { component: string };
describe.each(nodeServers)("On $name", (server) => {
  let cluster: RunningNodeServer;
  /** The administrator's: arranges, and looks. */
  let client: KubeClient;
  /** Who deploys, with what `moorage rbac` prints and nothing else. */
  let deployer: Deployer;
  let namespace: string;
  let count = 0;
  beforeAll(async () => {
    if (server.missing !== undefined) return;
    cluster = await server.start();
    ({ client } = cluster);
  }, 300_000);
  afterAll(() => cluster?.stop());
  beforeEach(async () => {
    if (server.missing !== undefined) return;
    namespace = `trial-${count++}`;
    await client.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
    // Who makes pods at once is refused while the account that they run as is not there.
    await appears({ apiVersion: "v1", kind: "ServiceAccount", name: "default", namespace });
    deployer = await cluster.deployer(namespace);
  });

  async function appears(
    ref: Parameters<KubeClient["find"]>[0],
    is: (object: KubeObject) => boolean = () => true,
  ) {
    for (let tries = 0; tries < 1200; tries++) {
      const found = await client.find(ref);
      if (found !== undefined && is(found)) return found;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`${ref.kind} ${ref.name} did not come`);
  }

  async function put(object: KubeObject): Promise<void> {
    const { name = "" } = object.metadata;
    const metadata = object.kind === "Namespace" ? object.metadata : { ...object.metadata, namespace };
    await client.apply({ ...object, metadata }, { fieldManager: "somebody" });
    // Nothing is refused by a quota that nobody has counted yet.
    if (object.kind === "ResourceQuota")
      await appears({ apiVersion: "v1", kind: "ResourceQuota", name, namespace }, says(/"used":\{"pods"/));
  }

  /** Counts tenths of a second, each with a question to the server: on a machine that is busy they are as much longer as all that a deploy does. */
  function startTicking(signal: AbortSignal): { now: () => number; over: Promise<void> } {
    let ticks = 0;
    const ticking = async (): Promise<void> => {
      for (; !signal.aborted; ticks++) {
        await client.find({ apiVersion: "v1", kind: "Namespace", name: namespace });
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    };
    return { now: () => ticks, over: ticking().catch(() => {}) };
  }

  const component = (key: string, ...after: string[]) => ({ key, name: key, kind: "service", after });
  async function deployed(
    objects: readonly Component[],
    options: DeployOptions = {},
    onEvent: (event: DeployEvent) => void = () => {},
  ) {
    const keys = [...new Set(objects.map((object) => object.component))];
    const rendering = {
      ...renderingOf(
        objects,
        keys.map((key) => component(key)),
      ),
      namespace,
    };
    await deployer.grant(rendering);
    const context = { client: deployer.client, onEvent };
    const plan = await planDeploy(rendering, context);
    // Far more than it takes to find a cause, also on a busy machine.
    const patience = { timeoutSeconds: 90, jobTimeoutSeconds: 90 };
    return await deploy(rendering, plan, context, { ...patience, ...options });
  }

  describe.skipIf(server.missing !== undefined)(
    "a deploy fails within ten seconds of the cause, and says it",
    () => {
      it.each(failureCases)(
        "$what",
        { timeout: 180_000 },
        async ({ around, object, options, cause, reason, message, events: shown, log }) => {
          for (const there of around?.(namespace) ?? []) await put(there);
          const over = new AbortController();
          onTestFinished(() => over.abort());
          const time = startTicking(over.signal);
          const seen = Promise.withResolvers<number>();
          const watching = (async () => {
            for await (const event of client.follow(cause, { namespace, signal: over.signal }))
              if (event.type !== "SYNCED" && cause.shows(event.object)) seen.resolve(time.now());
          })().catch(() => {});
          let failure: Failure | undefined;
          const failing = deployed([{ ...object(cluster.folder), component: "api" }], options, (event) => {
            if (event.type === "component-failed") ({ failure } = event);
          });
          await expect(failing).rejects.toMatchObject({
            code: "WaitFailed",
            message: expect.stringMatching(message) as string,
          });
          const failedAt = time.now();
          // The test may hear of it after the deploy did.
          const showed = await seen.promise;
          over.abort();
          await watching;
          await time.over;
          expect(failure?.reason).toBe(reason);
          expect(failure?.events.join("\n")).toMatch(shown ?? /^/);
          // What goes through two pipes comes in either order.
          expect(failure?.log.slice(0, log?.length ?? 0).toSorted()).toEqual((log ?? []).toSorted());
          expect(failedAt - showed).toBeLessThan(100);
          await deployer.destroy({ platform: "epidemiology", environment: "dev", namespace });
        },
      );
    },
  );

  it.skipIf(server.missing !== undefined)(
    "a StatefulSet that waits for a pod that cannot start goes on: that pod is deleted, and said",
    { timeout: 180_000 },
    async () => {
      const set = (podTemplate: object): Component => ({
        ...workload("StatefulSet", podTemplate),
        component: "api",
      });
      await expect(deployed([set(foreign("registry.example.org/db:1"))])).rejects.toMatchObject({
        code: "WaitFailed",
      });
      const repaired: string[] = [];
      await deployed([set(running(stay, cluster.folder))], {}, (event) => {
        if (event.type === "repaired") repaired.push(event.object);
      });
      expect(repaired).toEqual(["Pod api-0"]);
    },
  );

  describe.skipIf(server.missing !== undefined)("with `rollbackOnFailure`", () => {
    const settings = (mode: string): Component => ({ ...configMap("settings", { mode }), component: "api" });
    const secretRef = { env: [{ name: "P", valueFrom: { secretKeyRef: { name: "theirs", key: "p" } } }] };
    // Without an old pod beside the new one, going back has to start one.
    const recreated = (object: KubeObject): Component => ({
      ...object,
      spec: { ...(object["spec"] as object), strategy: { type: "Recreate" } },
      component: "api",
    });
    const good = (): Component =>
      recreated(workload("Deployment", running(stay, cluster.folder, {}, secretRef)));
    const bad = (): Component => recreated(workload("Deployment", foreign("registry.example.org/api:2")));
    const modeOf = async (): Promise<unknown> =>
      (await client.get({ apiVersion: "v1", kind: "ConfigMap", name: "settings", namespace }))["data"];
    beforeEach(async () => {
      await put({ apiVersion: "v1", kind: "Secret", metadata: { name: "theirs" }, data: { p: "cA==" } });
      await deployed([settings("good"), good()]);
    });

    it(
      "what was there before runs again, and what failed is told all the same",
      { timeout: 180_000 },
      async () => {
        await expect(
          deployed([settings("bad"), bad()], {
            rollbackOnFailure: true,
          }),
        ).rejects.toMatchObject({
          code: "WaitFailed",
          message: expect.stringMatching(/registry.example.org\/api:2 can't run here/) as string,
          hint: "dev was rolled back to revision 1.",
        });
        expect(await modeOf()).toEqual({ mode: "good" });
        const environment = { platform: "epidemiology", environment: "dev", namespace };
        expect((await listRevisions(environment, { client: deployer.client }))[0]).toMatchObject({
          number: 2,
          why: "rollback to 1, on failure",
        });
      },
    );

    it(
      "a way back that fails too is said, with both reasons and what to do",
      { timeout: 180_000 },
      async () => {
        await client.delete({ apiVersion: "v1", kind: "Secret", name: "theirs", namespace });
        await expect(
          deployed([settings("bad"), bad()], {
            rollbackOnFailure: true,
          }),
        ).rejects.toMatchObject({
          code: "WaitFailed",
          message: expect.stringMatching(/registry.example.org\/api:2 can't run here/) as string,
          hint: expect.stringMatching(
            /Going back to revision 1 failed too: .*secret "theirs" not found[^]*dev is in between: deploy again, or go back with: moorage rollback dev 1/,
          ) as string,
        });
      },
    );
  });

  it.skipIf(server.missing !== undefined)("every right that was granted was needed", () => {
    expect(cluster.ledger.unused()).toEqual([]);
  });
});
