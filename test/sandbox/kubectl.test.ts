import { spawn } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toolPath } from "../tools/kubectl.ts";
import {
  cronJob,
  deployment,
  eventually,
  job,
  js,
  listen,
  pod,
  service,
  startTestSandbox,
  stay,
  template,
  type Obj,
  type TestSandbox,
} from "./TestSandbox.ts";

let test: TestSandbox;
const http = (line: string, extra: object = {}) =>
  js(line, { ports: [{ name: "http", containerPort: 8080, protocol: "TCP" }], ...extra });

/** A pod's template that runs a line and ends. */
const once = (name: string, line: string): object =>
  template(name, test.folder, { restartPolicy: "Never", containers: [js(line)] });

beforeAll(async () => {
  test = await startTestSandbox();
  const web = listen(`console.log(q.url); r.end("web " + (process.env.COLOUR ?? "plain"))`);
  await test.apply(
    deployment("web", template("web", test.folder, { containers: [http(`console.log("up");${web}`)] }), {
      replicas: 2,
    }),
    service("web"),
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: { name: "web" },
      spec: {
        rules: [
          {
            host: "web.example.org",
            http: {
              paths: [
                {
                  path: "/",
                  pathType: "Prefix",
                  backend: { service: { name: "web", port: { name: "http" } } },
                },
              ],
            },
          },
        ],
      },
    },
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "settings" }, data: { mode: "calm" } },
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "door-key" },
      type: "Opaque",
      data: { key: Buffer.from("hunter2").toString("base64") },
    },
    {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "data" },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    },
    {
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata: { name: "store" },
      spec: {
        serviceName: "store",
        replicas: 1,
        selector: { matchLabels: { app: "store" } },
        template: template("store", test.folder, {
          containers: [js(stay, { volumeMounts: [{ name: "data", mountPath: "/data" }] })],
          volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data" } }],
        }),
      },
    },
    job("migrate", once("migrate", `console.log("migrated")`)),
    // Not while the tests run, whenever that is.
    cronJob("nightly", "0 3 29 2 *", once("nightly", `console.log("good night")`)),
  );
  await test.kubectl("rollout status deployment/web --timeout=90s");
  await test.kubectl("rollout status statefulset/store --timeout=90s");
  await test.kubectl("wait --for=condition=complete job/migrate --timeout=90s");
});
afterAll(() => test.close());

describe("reading", () => {
  it("prints the tables that people know", async () => {
    expect(await test.kubectl("get pods -l app=web")).toMatch(
      /^NAME +READY +STATUS +RESTARTS +AGE\n(web-\w+-\w{5} +1\/1 +Running +0 +\w+\n){2}$/,
    );
    expect(await test.kubectl("get deployment web -o wide")).toMatch(
      /READY +UP-TO-DATE +AVAILABLE +AGE +CONTAINERS +IMAGES +SELECTOR\nweb +2\/2 +2 +2 +\w+ +main +example\.org\/program:1 +app=web/,
    );
    expect(await test.kubectl("get pods -l app=web -o wide")).toMatch(
      / 10\.\d+\.\d+\.\d+ +\S+ +<none> +<none>/,
    );
    expect(await test.kubectl("get sts store")).toMatch(/\nstore +1\/1 /);
    expect(await test.kubectl("get job migrate")).toMatch(
      /STATUS +COMPLETIONS +DURATION.*\nmigrate +Complete +1\/1 /,
    );
    expect(await test.kubectl("get cronjob")).toMatch(/\nnightly +0 3 29 2 \* +<none> +False +0 +<none> /);
    expect(await test.kubectl("get svc web")).toMatch(/\nweb +ClusterIP +10\.\S+ +<none> +80\/TCP /);
    expect(await test.kubectl("get pvc data")).toMatch(/\ndata +Bound +pvc-\S+ +1Gi +RWO /);
    expect(await test.kubectl("get pv")).toMatch(/\npvc-\S+ +1Gi +RWO +Delete +Bound +default\/data /);
    expect(await test.kubectl("get ingress")).toMatch(/\nweb +\S+ +web\.example\.org +\S+ +80 /);
    expect(await test.kubectl("get nodes")).toMatch(/ Ready .* v1\.\d+/);
    expect(await test.kubectl("get secret door-key")).toMatch(/\ndoor-key +Opaque +1 /);
  });

  it("lists everything with `get all`", async () => {
    const all = await test.kubectl("get all");
    for (const name of [
      "pod/web-",
      "pod/store-0",
      "service/web",
      "deployment.apps/web",
      "replicaset.apps/web-",
    ])
      expect(all).toContain(name);
    for (const name of ["statefulset.apps/store", "job.batch/migrate", "cronjob.batch/nightly"])
      expect(all).toContain(name);
  });

  it("prints yaml, json, names, columns and paths", async () => {
    expect(await test.kubectl("get cm settings -o yaml")).toContain("data:\n  mode: calm\nkind: ConfigMap");
    expect((await test.get("deployment/web")).status.readyReplicas).toBe(2);
    expect(await test.kubectl("get deployment,svc web -o name")).toBe("deployment.apps/web\nservice/web\n");
    expect(await test.kubectl("get deployment web -o jsonpath={.status.availableReplicas}")).toBe("2");
    expect(await test.kubectl("get pods -l app=web --no-headers -o custom-columns=P:.status.phase")).toBe(
      "Running\nRunning\n",
    );
    expect(await test.kubectl("get pods -A --field-selector=status.phase=Succeeded -o name")).toMatch(
      /^pod\/migrate-\w+\n$/,
    );
    const sorted = await test.kubectl("get pods --sort-by=.metadata.name -o name");
    expect(sorted.split("\n").filter(Boolean)).toEqual(sorted.split("\n").filter(Boolean).toSorted());
  });

  it("watches", async () => {
    const child = spawn(
      toolPath("kubectl"),
      ["--kubeconfig", test.sandbox.kubeconfig, "get", "cm", "-w", "--output-watch-events", "-l", "watched"],
      { env: { HOME: test.folder }, stdio: ["ignore", "pipe", "inherit"] },
    );
    try {
      let seen = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => (seen += text));
      await test.kubectl("create cm ticker");
      // Watching has begun once the first change is seen.
      await eventually("the first", async () => {
        await test.kubectl("label cm ticker watched-");
        await test.kubectl("label cm ticker watched=yes");
        return seen.includes("ticker");
      });
      await test.kubectl("delete cm ticker");
      await eventually("the end", async () => /DELETED +ticker/.test(seen));
      expect(seen).toMatch(/ADDED +ticker/);
    } finally {
      child.kill();
    }
  });
});

describe("description", () => {
  it.each([
    [
      "deployment web",
      [
        /2 desired \| 2 updated \| 2 total \| 2 available \| 0 unavailable/,
        /NewReplicaSet: +web-\w+ \(2\/2 replicas created\)/,
        /ScalingReplicaSet/,
      ],
    ],
    ["rs -l app=web", [/Controlled By: +Deployment\/web/, /2 Running \/ 0 Waiting/, /SuccessfulCreate/]],
    [
      "pod -l app=web",
      [
        /Status: +Running/,
        /Ready: +True/,
        /Port: +8080\/TCP/,
        /Controlled By: +ReplicaSet\/web-/,
        /Scheduled/,
        /Started/,
      ],
    ],
    ["sts store", [/1 desired \| 1 total/, /1 Running \/ 0 Waiting/, /SuccessfulCreate/]],
    ["job migrate", [/Succeeded/, /0 Active .*\/ 1 Succeeded \/ 0 Failed/, /Completed/]],
    ["cronjob nightly", [/Schedule: +0 3 29 2 \*/, /Suspend: +False/]],
    ["svc web", [/TargetPort: +http\/TCP/, /Endpoints: +10\.\S+:8080,10\.\S+:8080/]],
    [
      "endpointslice -l kubernetes.io/service-name=web",
      [/Ready: +true/, /http +8080 +TCP/, /TargetRef: +Pod\/web-/],
    ],
    ["ingress web", [/web\.example\.org/, /web:http \(10\.\S+:8080,10\.\S+:8080\)/]],
    ["pvc data", [/Status: +Bound/, /Used By: +store-0/]],
    ["pv", [/Claim: +default\/data/, /Status: +Bound/]],
    ["cm settings", [/mode:\n----\ncalm/]],
    ["secret door-key", [/key: +7 bytes/]],
    ["node", [/Ready +True/, /Non-terminated Pods/, /store-0/]],
    ["ns default", [/Status: +Active/]],
    ["sa default", [/Name: +default/]],
    ["storageclass", [/IsDefaultClass: +Yes/]],
  ] as const)("says what there is to know of %s", async (what, expected) => {
    const text = await test.kubectl(`describe ${what}`);
    for (const pattern of expected) expect(text).toMatch(pattern);
    expect(text).not.toContain("hunter2");
  });

  it("says why a pod of an image that knows no way to run here waits", async () => {
    await test.kubectl("run stranger --image=example.org/closed:3");
    const text = await eventually("the reason", async () => {
      const found = await test.kubectl("describe pod stranger");
      return found.includes("CannotRunHere") ? found : undefined;
    });
    expect(text).toMatch(/Reason: +CannotRunHere/);
    expect(text).toMatch(/example\.org\/closed:3 can't run here/);
    expect(await test.kubectl("get pod stranger")).toMatch(/stranger +0\/1 +CannotRunHere +0 /);
    expect(await test.kubectl("delete pod stranger")).toContain("deleted");
  });
});

describe("writing", () => {
  it("applies in both modes, says what changed, and nothing the second time", async () => {
    const cm = (name: string, data: object) => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name },
      data,
    });
    for (const [name, flag] of [
      ["client-side", "--server-side=false"],
      ["server-side", "--server-side"],
    ] as const) {
      const first = await test.kubectl(`apply ${flag} -f -`, cm(name, { a: "1", b: "2" }));
      expect(first).toMatch(/configmap\/\S+ (created|serverside-applied)/);
      const { resourceVersion } = (await test.get(`cm ${name}`)).metadata;
      await test.kubectl(`apply ${flag} -f -`, cm(name, { a: "1", b: "2" }));
      expect((await test.get(`cm ${name}`)).metadata.resourceVersion).toBe(resourceVersion);
      const diff = await test.run("kubectl", `diff ${flag} -f -`, cm(name, { a: "3" }));
      expect([diff.code, diff.stdout]).toEqual([
        1,
        expect.stringMatching(/-  a: "1"\n-  b: "2"\n\+  a: "3"/),
      ]);
      await test.kubectl(`apply ${flag} -f -`, cm(name, { a: "3" }));
      expect((await test.get(`cm ${name}`)).data).toEqual({ a: "3" });
      expect((await test.run("kubectl", `diff ${flag} -f -`, cm(name, { a: "3" }))).code).toBe(0);
    }
    const theirs = await test.run(
      "kubectl",
      "apply --server-side --field-manager=other -f -",
      cm("server-side", { a: "4" }),
    );
    expect(theirs.stderr).toMatch(/conflict with "kubectl": \.data\.a/);
    const wrong = await test.run("kubectl", "apply -f -", { ...cm("wrong", {}), dta: { a: "1" } });
    expect(wrong.stderr).toContain('unknown field "dta"');
    // For a List kubectl asks for the schemas in version 2 of OpenAPI.
    const list = (data: object) => ({
      apiVersion: "v1",
      kind: "List",
      items: [cm("listed-1", { a: "1" }), { ...cm("listed-2", {}), ...data }],
    });
    expect(await test.kubectl("apply -f -", list({ data: { a: "1" } }))).toBe(
      "configmap/listed-1 created\nconfigmap/listed-2 created\n",
    );
    expect((await test.run("kubectl", "apply -f -", list({ dta: {} }))).stderr).toContain(
      'unknown field "dta"',
    );
  });

  it.each([
    "deployment made --image=x:1 --replicas=0",
    "job made --image=x:1 -- true",
    "cronjob made --image=x:1 --schedule=@daily -- true",
    "configmap made --from-literal=a=b",
    "secret generic made --from-literal=a=b",
    "service clusterip made --tcp=80:8080",
    "service nodeport made-np --tcp=80:8080",
    "ingress made --rule=made.example.org/=made:80",
    "serviceaccount made",
    "role made --verb=get --resource=pods",
    "rolebinding made --role=made --serviceaccount=default:made",
    "clusterrole made --verb=get --resource=nodes",
    "clusterrolebinding made --clusterrole=made --user=me",
    "namespace made",
    "poddisruptionbudget made --selector=app=made --min-available=1",
    "quota made --hard=pods=1000",
    "priorityclass made --value=1000",
  ])("creates: %s", async (args) => {
    expect(await test.kubectl(`create ${args}`)).toContain("created");
  });

  it("labels, annotates, patches, replaces and edits fields", async () => {
    await test.kubectl("create cm edited --from-literal=a=1");
    await test.kubectl("label cm edited tier=front");
    await test.kubectl("annotate cm edited note=yes");
    await test.kubectl(["patch", "cm", "edited", "-p", '{"data":{"b":"2"}}']);
    await test.kubectl(["patch", "cm", "edited", "--type=json", "-p", '[{"op":"remove","path":"/data/a"}]']);
    const found = await test.get("cm edited");
    expect([found.data, found.metadata.labels, found.metadata.annotations]).toEqual([
      { b: "2" },
      { tier: "front" },
      { note: "yes" },
    ]);
    await test.kubectl("replace -f -", { ...found, data: { c: "3" } });
    expect((await test.get("cm edited")).data).toEqual({ c: "3" });
    const stale = await test.run("kubectl", "replace -f -", found);
    expect(stale.stderr).toContain("the object has been modified");
  });

  it("deletes with what belongs to it, or leaves it", async () => {
    const idle = (name: string) => deployment(name, template(name, test.folder, { containers: [js(stay)] }));
    await test.apply(idle("owner"), idle("parent"));
    await test.kubectl("rollout status deployment/owner --timeout=90s");
    await test.kubectl("rollout status deployment/parent --timeout=90s");
    await test.kubectl("delete deployment owner --cascade=foreground --wait --timeout=90s");
    expect((await test.get("rs,pods -l app=owner")).items).toEqual([]);
    await test.kubectl("delete deployment parent --cascade=orphan --wait --timeout=90s");
    const left = (await test.get("rs,pods -l app=parent")).items as Obj[];
    expect(left.map(({ kind }) => kind as string).toSorted()).toEqual(["Pod", "ReplicaSet"]);
    await test.kubectl("delete rs -l app=parent");
    await test.kubectl("wait --for=delete pod -l app=parent --timeout=90s");
    await test.kubectl("create namespace short");
    await test.kubectl("-n short create cm inside");
    await test.kubectl("delete namespace short --timeout=90s");
    expect((await test.run("kubectl", "get ns short")).stderr).toContain('namespaces "short" not found');
  });

  it("waits for paths and deletion", async () => {
    await test.kubectl("wait deployment/web --for=jsonpath={.status.readyReplicas}=2 --timeout=90s");
    await test.kubectl("wait pod -l app=web --for=condition=Ready --timeout=90s");
    const never = await test.run("kubectl", "wait deployment/web --for=condition=Impossible --timeout=1s");
    expect(never.stderr).toContain("timed out waiting for the condition");
  });
});

describe("rollouts", () => {
  it("rolls forward, back, stops and goes on", async () => {
    const colours = async () =>
      (await test.get("pods -l app=paint --field-selector=status.phase=Running")).items
        .filter(({ metadata }: Obj) => metadata.deletionTimestamp === undefined)
        .map(({ spec }: Obj) => spec.containers[0].env?.[0].value ?? "plain") as string[];
    const status = () => test.kubectl("rollout status deployment/paint --timeout=90s");
    await test.apply(
      deployment("paint", template("paint", test.folder, { containers: [http(listen(`r.end("x")`))] })),
    );
    expect(await status()).toContain('deployment "paint" successfully rolled out');
    await test.kubectl("set env deployment/paint COLOUR=red");
    await status();
    expect(await colours()).toEqual(["red"]);
    expect(await test.kubectl("rollout history deployment/paint")).toMatch(
      /REVISION +CHANGE-CAUSE\n1 .*\n2 /,
    );
    expect(await test.kubectl("rollout history deployment/paint --revision=2")).toContain("COLOUR:\tred");
    expect(await test.kubectl("rollout undo deployment/paint")).toContain("rolled back");
    await status();
    expect(await colours()).toEqual(["plain"]);
    await test.kubectl("rollout pause deployment/paint");
    await test.kubectl("set image deployment/paint main=example.org/program:2");
    const { generation } = (await test.get("deployment paint")).metadata;
    await test.kubectl(
      `wait deployment/paint --for=jsonpath={.status.observedGeneration}=${generation} --timeout=90s`,
    );
    expect((await test.get("rs -l app=paint")).items).toHaveLength(2);
    await test.kubectl("rollout resume deployment/paint");
    await status();
    expect(await test.kubectl("get deployment paint -o wide")).toContain("example.org/program:2");
    await test.kubectl("rollout restart deployment/paint");
    await status();
    expect((await test.get("rs -l app=paint")).items).toHaveLength(4);
    await test.kubectl("scale deployment/paint --replicas=3");
    await status();
    expect(await test.kubectl("get deployment paint")).toMatch(/paint +3\/3 +3 +3 /);
    await test.kubectl("scale deployment/paint --replicas=0 --current-replicas=3");
    await test.kubectl("wait --for=delete pod -l app=paint --timeout=90s");
    await test.kubectl("autoscale deployment/paint --min=1 --max=2 --cpu=50%");
    expect(await test.kubectl("get hpa paint")).toContain("Deployment/paint");
  });

  it("restarts a StatefulSet and goes back", async () => {
    await test.kubectl("rollout restart statefulset/store");
    await test.kubectl("rollout status statefulset/store --timeout=90s");
    expect(await test.kubectl("rollout history statefulset/store")).toMatch(/\n1 .*\n2 /);
    await test.kubectl("rollout undo statefulset/store");
    await test.kubectl("rollout status statefulset/store --timeout=90s");
  });
});

describe("logs and events", () => {
  it("reads logs in every way", async () => {
    const chat = `for (const n of [1, 2, 3, 4]) console.log("line " + n);`;
    await test.apply(
      pod(
        "chatty",
        template("chatty", test.folder, {
          containers: [js(chat + stay), js(`console.log("from the side");${stay}`, { name: "side" })],
        }),
      ),
    );
    await test.kubectl("wait pod/chatty --for=condition=Ready --timeout=90s");
    await eventually("all lines", async () => (await test.kubectl("logs chatty -c main")).includes("line 4"));
    await eventually("the side", async () => (await test.kubectl("logs chatty -c side")).includes("side"));
    expect(await test.kubectl("logs chatty --tail=2")).toBe("line 3\nline 4\n");
    expect(await test.kubectl("logs chatty -c side")).toBe("from the side\n");
    expect(await test.kubectl("logs chatty --since=1h")).toContain("line 1\n");
    expect(await test.kubectl("logs chatty --limit-bytes=6")).toBe("line 1");
    expect(await test.kubectl("logs chatty --timestamps --tail=1")).toMatch(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z line 4\n$/,
    );
    const every = await test.kubectl("logs chatty --all-containers --prefix");
    expect(every).toContain("[pod/chatty/main] line 1\n");
    expect(every).toContain("[pod/chatty/side] from the side\n");
    expect(await test.kubectl("logs -l app=chatty -c main --tail=1")).toBe("line 4\n");
    expect(await test.kubectl("logs job/migrate")).toBe("migrated\n");
    expect(await test.kubectl("logs deployment/web")).toContain("up\n");
    expect((await test.run("kubectl", "logs chatty -c nobody")).stderr).toContain(
      "container nobody is not valid for pod chatty",
    );
    expect((await test.run("kubectl", "logs chatty -p")).stderr).toMatch(
      /previous terminated container "main" in pod "chatty" not found/,
    );
  });

  it("follows a log to its end, and keeps that of the run before", async () => {
    await test.apply(
      pod(
        "brief",
        template("brief", test.folder, {
          restartPolicy: "Never",
          containers: [js(`console.log("begin"); setTimeout(() => console.log("end"), 500)`)],
        }),
      ),
      pod(
        "broken",
        template("broken", test.folder, { containers: [js(`console.log("bye"); process.exit(3)`)] }),
      ),
    );
    await eventually("a container", async () => (await test.run("kubectl", "logs brief")).code === 0);
    expect(await test.kubectl("logs -f brief")).toBe("begin\nend\n");
    const broken = await eventually("back-off", async () => {
      const text = await test.kubectl("get pod broken");
      return /CrashLoopBackOff +[1-9]/.test(text) ? text : undefined;
    });
    expect(broken).toMatch(/broken +0\/1 +CrashLoopBackOff +\d+ \(\d+s ago\)/);
    expect(await test.kubectl("logs -p broken")).toBe("bye\n");
    expect(await test.kubectl("describe pod broken")).toMatch(
      /Last State: +Terminated\n +Reason: +Error\n +Exit Code: +3/,
    );
    expect(await test.kubectl("events --for pod/broken")).toMatch(
      /Warning +BackOff +.*Pod\/broken +Back-off restarting failed container/,
    );
    expect(
      await test.kubectl("get events --field-selector=involvedObject.name=broken,reason=Started"),
    ).toContain("pod/broken");
    await test.kubectl("delete pod broken brief");
  });
});

it("knows its kinds, versions and fields", async () => {
  expect(await test.kubectl("version")).toMatch(/Server Version: v1\.\d+/);
  expect(await test.kubectl("api-resources")).toMatch(/deployments +deploy +apps\/v1 +true +Deployment/);
  expect(await test.kubectl("api-versions")).toContain("gateway.networking.k8s.io/v1");
  expect(await test.kubectl("explain deployment.spec.strategy")).toContain("RollingUpdate");
  expect(await test.kubectl("auth can-i create pods")).toBe("yes\n");
  expect(await test.kubectl("cluster-info")).toContain(test.sandbox.server);
  expect(await test.kubectl("get --raw /readyz")).toBe("ok");
});

it("drains the node and takes it back", async () => {
  await test.kubectl("create poddisruptionbudget web --selector=app=web --min-available=2");
  await test.kubectl("wait pdb/web --for=jsonpath={.status.expectedPods}=2 --timeout=90s");
  await test.kubectl("cordon sandbox");
  expect(await test.kubectl("get nodes")).toContain("Ready,SchedulingDisabled");
  const held = await test.run("kubectl", "drain sandbox --pod-selector=app=web --timeout=4s");
  expect(held.stderr).toContain("Cannot evict pod as it would violate the pod's disruption budget");
  await test.kubectl("delete pdb web");
  await test.kubectl("drain sandbox --pod-selector=app=web --timeout=90s");
  await eventually("their successors wait", async () =>
    /0\/1 +Pending/.test(await test.kubectl("get pods -l app=web")),
  );
  await test.kubectl("uncordon sandbox");
  await test.kubectl("rollout status deployment/web --timeout=90s");
});

it("logs nothing that should not happen", () => {
  expect(test.logged).toEqual([]);
});
