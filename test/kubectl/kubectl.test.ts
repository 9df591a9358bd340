import { afterAll, beforeAll, expect, test } from "vitest";
import { startApiOverHttps, type ApiOverHttps } from "../tools/apiOverHttps.ts";

let sandbox: ApiOverHttps;
beforeAll(async () => {
  sandbox = await startApiOverHttps();
});
afterAll(() => sandbox.close());

/** What kubectl prints when it succeeds. */
async function ok(args: string | readonly string[], input?: unknown): Promise<string> {
  const { code, stdout, stderr } = await sandbox.kubectl(args, input);
  if (code !== 0) throw new Error(`kubectl ${String(args)} failed: ${stderr}${stdout}`);
  return stdout;
}
async function fails(args: string | readonly string[], input?: unknown): Promise<string> {
  const { code, stdout, stderr } = await sandbox.kubectl(args, input);
  expect({ code, stdout }).not.toMatchObject({ code: 0 });
  return stderr;
}

const deployment = (name: string, replicas = 2, image = "example.org/web:1") => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: "web", image, ports: [{ containerPort: 8080 }] }] },
    },
  },
});

test("creates namespaces, secrets and deployments, whose bodies kubectl sends as protobuf", async () => {
  expect(await ok("create namespace team")).toBe("namespace/team created\n");
  expect(await ok("create secret generic db --from-literal=PASSWORD=x -n team")).toBe("secret/db created\n");
  expect(await ok("create deployment web --image=example.org/web:1 -n team")).toBe(
    "deployment.apps/web created\n",
  );
  expect(await ok("get secret db -n team -o jsonpath={.data.PASSWORD}")).toBe("eA==");
  expect(await ok("get all -n team")).toMatch(
    /NAME +READY +UP-TO-DATE +AVAILABLE +AGE\ndeployment.apps\/web +0\/1 +0 +0 +\d+s\n/,
  );
});

test("applies by the client: created, unchanged, configured, and what was taken out is removed", async () => {
  const first = deployment("client-side");
  expect(await ok("apply -f -", first)).toBe("deployment.apps/client-side created\n");
  expect(await ok("apply -f -", first)).toBe("deployment.apps/client-side unchanged\n");
  const { replicas: _, ...rest } = first.spec;
  expect(await ok("apply -f -", { ...first, spec: rest })).toBe("deployment.apps/client-side configured\n");
  expect(await ok("get deployment client-side -o jsonpath={.spec.replicas}")).toBe("1");
  expect(await ok("apply view-last-applied deployment/client-side")).toContain("client-side");
});

test("applies by the server: conflicts are named, forced ones are taken", async () => {
  const first = deployment("server-side");
  await ok("apply --server-side --field-manager=ada -f -", first);
  const refused = await fails("apply --server-side --field-manager=bob -f -", deployment("server-side", 5));
  expect(refused).toContain('conflict with "ada": .spec.replicas');
  await ok("apply --server-side --field-manager=bob --force-conflicts -f -", deployment("server-side", 5));
  expect(await ok("get deployment server-side -o jsonpath={.spec.replicas}")).toBe("5");
  expect(await ok("get deployment server-side -o yaml --show-managed-fields")).toMatch(
    /manager: ada\n[\s\S]*manager: bob\n/,
  );
});

test("shows differences in both ways of applying, and none when there is none", async () => {
  const first = deployment("compared");
  await ok("apply --server-side -f -", first);
  expect((await sandbox.kubectl("diff --server-side -f -", first)).code).toBe(0);
  const { code, stdout } = await sandbox.kubectl("diff --server-side -f -", deployment("compared", 7));
  expect(code).toBe(1);
  expect(stdout).toMatch(/-  replicas: 2\n\+  replicas: 7\n/);
  const clientSide = await sandbox.kubectl("diff -f -", deployment("compared", 8));
  expect(clientSide.stdout).toMatch(/\+  replicas: 8\n/);
});

test("scales, labels, annotates, patches and sets images", async () => {
  await ok("apply -f -", deployment("changed"));
  await ok("scale deployment changed --replicas=4");
  expect(await fails("scale deployment changed --current-replicas=1 --replicas=2")).toContain(
    "Expected replicas to be 1",
  );
  await ok("set image deployment/changed web=example.org/web:2");
  await ok("label deployment changed tier=front");
  await ok("annotate deployment changed note=x");
  await ok([
    "patch",
    "deployment",
    "changed",
    "--type=json",
    "-p",
    '[{"op":"add","path":"/spec/paused","value":true}]',
  ]);
  await ok([
    "patch",
    "deployment",
    "changed",
    "-p",
    '{"spec":{"template":{"spec":{"containers":[{"name":"web","env":[{"name":"A","value":"b"}]}]}}}}',
  ]);
  const found = JSON.parse(await ok("get deployment changed -o json")) as { metadata: object; spec: object };
  expect(found).toMatchObject({
    metadata: { labels: { tier: "front" }, annotations: { note: "x" } },
    spec: {
      replicas: 4,
      paused: true,
      template: {
        spec: {
          containers: [
            {
              image: "example.org/web:2",
              env: [{ name: "A", value: "b" }],
              ports: [{ containerPort: 8080 }],
            },
          ],
        },
      },
    },
  });
});

test("restarts and pauses a rollout", async () => {
  await ok("apply -f -", deployment("rolled"));
  await ok("rollout restart deployment/rolled");
  expect(await ok("get deployment rolled -o yaml")).toContain("kubectl.kubernetes.io/restartedAt");
  await ok("rollout pause deployment/rolled");
  expect(await fails("rollout restart deployment/rolled")).toContain("paused");
  await ok("rollout resume deployment/rolled");
});

test("says what is wrong with a manifest before it is written", async () => {
  const wrong = deployment("wrong");
  expect(await fails("apply -f -", { ...wrong, spec: { ...wrong.spec, replcas: 1 } })).toContain(
    'unknown field "spec.replcas"',
  );
  expect(
    await fails("create -f -", {
      ...wrong,
      spec: { ...wrong.spec, selector: { matchLabels: { app: "x" } } },
    }),
  ).toContain("`selector` does not match template `labels`");
  await ok("apply -f -", wrong);
  expect(
    await fails("replace -f -", {
      ...deployment("wrong"),
      spec: {
        ...wrong.spec,
        selector: { matchLabels: { a: "b" } },
        template: { ...wrong.spec.template, metadata: { labels: { a: "b" } } },
      },
    }),
  ).toContain("field is immutable");
  expect(await fails("create -f -", wrong)).toContain('deployments.apps "wrong" already exists');
  expect(await fails("get configmap nowhere")).toBe(
    'Error from server (NotFound): configmaps "nowhere" not found\n',
  );
});

test("dry-runs on the server without writing", async () => {
  await ok("create configmap dry --from-literal=a=b --dry-run=server");
  expect(await fails("get configmap dry")).toContain("NotFound");
});

test("waits for conditions and for deletion", async () => {
  await ok("run waited --image=example.org/x:1");
  const waiting = ok("wait --for=condition=Ready pod/waited --timeout=90s");
  await sandbox.client.patch(
    { apiVersion: "v1", kind: "Pod", namespace: "default", name: "waited" },
    "merge",
    { status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] } },
    { subresource: "status" },
  );
  expect(await waiting).toContain("condition met");
  const gone = ok("wait --for=delete pod/waited --timeout=90s");
  await ok("delete pod waited --wait=true");
  await gone;
});

test("takes what an object owns with it, or leaves it, as is asked", async () => {
  const owned = async (owner: string, name: string): Promise<void> => {
    const uid = await ok(`get configmap ${owner} -o jsonpath={.metadata.uid}`);
    await ok("create -f -", {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: {
        name,
        ownerReferences: [
          { apiVersion: "v1", kind: "ConfigMap", name: owner, uid, blockOwnerDeletion: true },
        ],
      },
    });
  };
  for (const cascade of ["background", "foreground", "orphan"]) {
    await ok(`create configmap owner-${cascade}`);
    await owned(`owner-${cascade}`, `owned-${cascade}`);
    await ok(`delete configmap owner-${cascade} --cascade=${cascade} --timeout=90s`);
  }
  await ok("wait --for=delete configmap/owned-background configmap/owned-foreground --timeout=90s");
  await expect.poll(() => ok("get configmap owned-orphan -o jsonpath={.metadata.ownerReferences}")).toBe("");
});

test("serves a custom kind at once: established, explained, shown in its columns, validated, scaled", async () => {
  const definition = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "surveys.example.org" },
    spec: {
      group: "example.org",
      scope: "Namespaced",
      names: { plural: "surveys", singular: "survey", kind: "Survey", shortNames: ["sv"] },
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          subresources: {
            status: {},
            scale: { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" },
          },
          additionalPrinterColumns: [{ name: "Region", type: "string", jsonPath: ".spec.region" }],
          schema: {
            openAPIV3Schema: {
              type: "object",
              properties: {
                spec: {
                  type: "object",
                  required: ["region"],
                  properties: {
                    region: { type: "string", description: "Where the survey is held.", pattern: "^[a-z]+$" },
                    replicas: { type: "integer", default: 1 },
                  },
                },
                status: { type: "object", properties: { replicas: { type: "integer" } } },
              },
            },
          },
        },
      ],
    },
  };
  const survey = (region: unknown) => ({
    apiVersion: "example.org/v1",
    kind: "Survey",
    metadata: { name: "north" },
    spec: { region },
  });
  await ok("apply -f -", definition);
  await ok("wait --for=condition=Established crd/surveys.example.org --timeout=90s");
  await ok("apply -f -", survey("north"));
  expect(await ok("get sv")).toMatch(/^NAME +REGION\nnorth +north\n$/);
  expect(await ok("explain survey.spec.region")).toContain("Where the survey is held.");
  expect(await fails("apply -f -", survey("N0"))).toContain("spec.region");
  await ok("scale survey north --replicas=3");
  expect(await ok("get survey north -o jsonpath={.spec.replicas}")).toBe("3");
  await ok("delete crd surveys.example.org");
  expect(await fails("get surveys")).toContain("could not find the requested resource");
});

test("selects by labels and fields, and counts in pages", async () => {
  for (const name of ["s1", "s2", "s3"]) await ok(`create configmap ${name}`);
  await ok("label configmap s1 s2 set=a");
  expect(await ok("get configmap -l set=a -o name")).toBe("configmap/s1\nconfigmap/s2\n");
  expect(await ok("get configmap --field-selector metadata.name=s3 -o name")).toBe("configmap/s3\n");
  expect(await fails("get configmap --field-selector data.a=b")).toContain("Unable to find");
  expect((await ok("get configmap --chunk-size=1 -o name")).split("\n").length).toBeGreaterThan(3);
  await ok("delete configmap -l set=a");
  expect(await ok("get configmap -l set=a -o name")).toBe("");
});

test("tells who one is and what one may do", async () => {
  expect(await ok("auth can-i delete nodes")).toBe("yes\n");
  expect(await ok("auth whoami -o jsonpath={.status.userInfo.username}")).toBe("moorage:admin");
  expect(await ok("auth can-i --list")).toContain("*.*");
});

test("describes objects, lists kinds, explains fields and knows its version", async () => {
  await ok("apply -f -", deployment("described"));
  expect(await ok("describe deployment described")).toMatch(
    /RollingUpdateStrategy: +25% max unavailable, 25% max surge/,
  );
  const kinds = await ok("api-resources");
  for (const kind of ["deployments", "httproutes", "routes", "cronjobs"])
    expect(kinds).toMatch(new RegExp(`^${kind} `, "m"));
  expect(await ok("explain pod.spec.containers.image")).toContain("Container image name");
  expect(await ok("version")).toContain("Server Version: v1.36");
});

test("keeps a namespace that is being deleted closed to new objects", async () => {
  await ok("create namespace leaving");
  await ok("delete namespace leaving --wait=false");
  expect(await fails("create configmap late -n leaving")).toContain("because it is being terminated");
  expect(await fails("delete namespace default")).toContain("this namespace may not be deleted");
});
