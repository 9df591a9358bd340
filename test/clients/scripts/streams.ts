import { tmpdir } from "node:os";
import type { Script } from "../Script.ts";

const shell = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: "shell",
    annotations: {
      "dev.moorage.dev/containers": JSON.stringify({
        main: { cwd: tmpdir() },
        side: { cwd: tmpdir() },
        echo: { cwd: tmpdir() },
      }),
    },
  },
  spec: {
    terminationGracePeriodSeconds: 1,
    restartPolicy: "Never",
    containers: [
      {
        name: "main",
        image: "example.org/program:1",
        command: ["sleep", "1000"],
        env: [{ name: "COLOUR", value: "green" }],
        volumeMounts: [{ name: "data", mountPath: "/data" }],
      },
      {
        name: "side",
        image: "example.org/program:1",
        command: ["sleep", "1000"],
        volumeMounts: [{ name: "data", mountPath: "/shared" }],
      },
      {
        name: "echo",
        image: "example.org/program:1",
        command: ["sh", "-c", "cat; echo over"],
        stdin: true,
        stdinOnce: true,
      },
    ],
    volumes: [{ name: "data", emptyDir: {} }],
  },
};
const spdy = { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: "false" };

export const streams: readonly Script[] = [
  {
    title: "exec, attach and cp",
    files: { "note.txt": "a note\n", "letters/a.txt": "a\n", "letters/deep/b.txt": "b\n" },
    steps: [
      { run: "kubectl apply -f -", input: shell },
      "kubectl wait --for=condition=Ready pod/shell --timeout=90s",
      "kubectl exec shell -c main -- sh -c 'echo $COLOUR; echo trouble >&2; exit 3'",
      { run: "kubectl exec shell -c main -- sh -c 'echo $COLOUR; exit 4'", env: spdy },
      "kubectl exec shell -- echo one",
      { run: "kubectl exec -i shell -c main -- wc -c", input: "twelve bytes" },
      { run: "kubectl exec -i shell -c main -- wc -c", input: "twelve bytes", env: spdy },
      "kubectl exec -it shell -c main -- echo 'no terminal here'",
      "kubectl exec shell -c other -- true",
      "kubectl exec nobody -- true",
      "kubectl exec shell -c main -- no-such-program",
      "kubectl exec shell -c main",
      "kubectl exec shell -c main --as=system:serviceaccount:$NS:default -- true",
      "kubectl auth can-i create pods/exec --as=system:serviceaccount:$NS:default",
      "kubectl get --raw /api/v1/namespaces/$NS/pods/shell/exec?command=true",
      "kubectl get --raw /api/v1/namespaces/$NS/pods/shell/portforward?ports=none",
      { run: "kubectl attach -i shell -c echo", input: "hello\n" },
      'kubectl wait --for=jsonpath={.status.containerStatuses[?(@.name=="echo")].state.terminated.exitCode}=0 pod/shell --timeout=90s',
      "kubectl attach shell -c echo",
      "kubectl cp note.txt shell:/data/note.txt -c main",
      "kubectl cp letters shell:/data/letters -c main",
      { run: "kubectl exec shell -c side -- sh -c 'cd /shared && find . -type f'", unordered: true },
      "kubectl cp shell:/data/note.txt back.txt -c main",
      "cat back.txt",
      "kubectl cp shell:/shared back -c side",
      { run: "find back -type f", unordered: true },
      "kubectl delete pod shell",
      "kubectl exec shell -c main -- true",
    ],
  },
];
