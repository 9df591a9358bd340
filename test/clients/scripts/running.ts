import { tmpdir } from "node:os";
import type { Script } from "../Script.ts";
import { list } from "./objects.ts";

/** A container that really runs: lines of JavaScript. */
const program = (line: string, extra: object = {}): object => ({
  name: "main",
  image: "example.org/program:1",
  command: [process.execPath, "-e", line],
  ...extra,
});
const template = (
  app: string,
  containers: readonly { name?: string }[],
  spec: object = {},
  annotations: object = {},
): object => ({
  metadata: {
    labels: { app },
    annotations: {
      "dev.moorage.dev/containers": JSON.stringify(
        Object.fromEntries(containers.map(({ name }) => [name, { cwd: tmpdir() }])),
      ),
      ...annotations,
    },
  },
  spec: { containers, terminationGracePeriodSeconds: 5, ...spec },
});
const pod = (name: string, made: object): object => {
  const { metadata, ...rest } = made as { metadata: object };
  return { apiVersion: "v1", kind: "Pod", metadata: { name, ...metadata }, ...rest };
};
const stay = "setInterval(() => {}, 1000);";
const lines = (...texts: string[]): string => texts.map((text) => `console.log("${text}");`).join("");

/** An unhealthy one is given up soon; one that is healthy takes as long as the machine needs. */
const web = (healthy: boolean): object => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web" },
  spec: {
    replicas: 2,
    ...(healthy ? {} : { progressDeadlineSeconds: 3 }),
    selector: { matchLabels: { app: "web" } },
    template: template("web", [
      program(
        `${lines("web is up")} require("node:http").createServer((q, r) => { r.statusCode = ${healthy ? 200 : 503}; r.end(); }).listen(process.env.PORT, "127.0.0.1")`,
        {
          ports: [{ name: "http", containerPort: 8080 }],
          readinessProbe: { httpGet: { path: "/", port: "http" }, periodSeconds: 1, timeoutSeconds: 10 },
        },
      ),
    ]),
  },
});

export const running: readonly Script[] = [
  {
    title: "logs in every way",
    steps: [
      {
        run: "kubectl apply -f -",
        input: list(
          pod(
            "chatty",
            template("chatty", [
              program(`${lines("one", "two", "three")}${stay}`),
              program(`${lines("from the side")}${stay}`, { name: "side" }),
            ]),
          ),
          pod(
            "brief",
            template("brief", [program(`${lines("begin")} setTimeout(() => { ${lines("end")} }, 1500)`)], {
              restartPolicy: "Never",
            }),
          ),
          {
            apiVersion: "batch/v1",
            kind: "Job",
            metadata: { name: "sum" },
            spec: {
              template: template("sum", [program("console.log(6 * 7)")], { restartPolicy: "Never" }),
            },
          },
        ),
      },
      "kubectl wait --for=condition=Ready pod/chatty --timeout=90s",
      { run: "kubectl logs --follow brief", until: /end/ },
      "kubectl wait --for=jsonpath={.status.phase}=Succeeded pod/brief --timeout=90s",
      { run: "kubectl logs chatty -c main", until: /three/ },
      { run: "kubectl logs chatty -c side", until: /side/ },
      "kubectl logs chatty",
      { run: "kubectl logs chatty --all-containers --prefix", unordered: true },
      "kubectl logs chatty -c main --tail=2",
      "kubectl logs chatty -c main --tail=0",
      "kubectl logs chatty -c main --tail=-2",
      "kubectl logs chatty -c main --limit-bytes=5",
      "kubectl logs chatty -c main --limit-bytes=0",
      "kubectl logs chatty -c main --since=1h --tail=1",
      "kubectl logs chatty -c main --since=1h --since-time=2020-01-01T00:00:00Z",
      "kubectl logs chatty -c main --since-time=2100-01-01T00:00:00Z",
      "kubectl logs chatty -c main --since-time=yesterday",
      "kubectl logs chatty -c main --timestamps --tail=1",
      "kubectl logs chatty -c main --previous",
      "kubectl logs chatty -c nobody",
      { run: "kubectl logs -l app=chatty --all-containers --prefix --tail=1", unordered: true },
      "kubectl logs -l app=nobody",
      "kubectl logs nobody",
      "kubectl wait --for=condition=complete job/sum --timeout=90s",
      "kubectl logs job/sum",
      "kubectl get job sum",
      "kubectl get pods -l job-name=sum -o jsonpath={.items[0].status.containerStatuses[0].state.terminated.reason}",
      "kubectl delete pod chatty --timeout=90s",
      "kubectl get pods -l app=chatty",
    ],
  },
  {
    title: "programs that fail",
    steps: [
      {
        run: "kubectl apply -f -",
        input: list(
          pod("broken", template("broken", [program(`${lines("bye")} process.exit(3)`)])),
          pod(
            "frail",
            template("frail", [
              program(stay, {
                livenessProbe: { exec: { command: ["false"] }, periodSeconds: 1, failureThreshold: 1 },
              }),
            ]),
          ),
          {
            apiVersion: "batch/v1",
            kind: "Job",
            metadata: { name: "hopeless" },
            spec: {
              backoffLimit: 0,
              template: template("hopeless", [program(`console.error("no"); process.exit(9)`)], {
                restartPolicy: "Never",
              }),
            },
          },
        ),
      },
      { run: "kubectl get pod broken --no-headers", until: /CrashLoopBackOff/, silent: true },
      "kubectl logs broken --previous",
      "kubectl get pod broken -o jsonpath={.status.containerStatuses[0].lastState.terminated.exitCode}",
      {
        run: "kubectl get events --field-selector reason=BackOff,involvedObject.name=broken -o custom-columns=TYPE:.type,FROM:.source.component,WHAT:.message",
        until: /restarting/,
      },
      {
        run: "kubectl get pod frail -o jsonpath={.status.containerStatuses[0].lastState.terminated.exitCode}",
        until: /143/,
      },
      {
        run: "kubectl get events --field-selector reason=Killing,involvedObject.name=frail -o custom-columns=TYPE:.type,FROM:.source.component,WHAT:.message",
        until: /liveness/,
      },
      "kubectl wait --for=condition=failed job/hopeless --timeout=90s",
      "kubectl logs job/hopeless",
      "kubectl get job hopeless",
      "kubectl get job hopeless -o jsonpath={.status.conditions[*].reason}",
    ],
  },
  {
    title: "rollouts that really happen",
    steps: [
      { run: "kubectl apply -f -", input: web(true) },
      "kubectl rollout status deployment/web --timeout=90s",
      "kubectl get deployment web",
      { run: "kubectl apply -f -", input: web(false) },
      "kubectl rollout status deployment/web --timeout=90s",
      `kubectl get deployment web -o 'jsonpath={.status.conditions[?(@.type=="Progressing")].reason}'`,
      "kubectl get deployment web -o jsonpath={.status.readyReplicas}/{.status.updatedReplicas}/{.status.unavailableReplicas}",
      "kubectl rollout undo deployment/web",
      "kubectl rollout status deployment/web --timeout=90s",
      // Logs count the pods, and one that ends may take its time.
      { run: "kubectl get pods -l app=web -o name", until: /^(?:pod\/\S+\n){2}$/, silent: true },
      "kubectl logs deployment/web --tail=1",
      "kubectl scale deployment/web --replicas=0",
      { run: "kubectl get pods -l app=web", until: /No resources/ },
    ],
  },
];
