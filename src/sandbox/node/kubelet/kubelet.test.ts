import { request } from "node:https";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { KubeObject } from "../../../contract/index.ts";
import {
  createAuthority,
  issueClientCertificate,
  issueServerCertificate,
  type KeyPair,
} from "../../api/https/certificates.ts";
import { isReady, testNode, type TestNode } from "../testing/testNode.ts";
import { kubeletAccess } from "./kubeletAccess.ts";

let test: TestNode;
let authority: KeyPair;
const people: Record<string, KeyPair | undefined> = {};
beforeAll(async () => {
  const now = Date.now();
  authority = await createAuthority("test", now);
  const person = (groups: readonly string[]) =>
    issueClientCertificate(authority, { name: "someone", groups }, now);
  people["server"] = await person(["system:masters"]);
  people["anybody"] = await person([]);
  people["stranger"] = await issueClientCertificate(
    await createAuthority("another", now),
    { name: "kube-apiserver", groups: ["system:masters"] },
    now,
  );
  test = await testNode({
    kubelet: {
      clientAuthority: authority.certificate,
      certificate: await issueServerCertificate(authority, now),
    },
  });
  const cwd = test.program({
    "main.js": `console.log("one\\ntwo"); setInterval(() => {}, 1000);`,
  });
  const container = { name: "main", image: "x", command: [process.execPath, "main.js"] };
  await test.pod("talker", { containers: [container] }, { main: { cwd } });
  await test.eventually("it has spoken", async () => (await test.logs("talker")) === "one\ntwo\n");
  await test.eventually("it is ready", async () => isReady(await test.getPod("talker")));
});
afterAll(() => test.stop());

interface RegisteredNode extends KubeObject {
  status?: { daemonEndpoints?: { kubeletEndpoint?: { Port?: number } } };
}

async function ask(path: string, who = "server"): Promise<{ status: number; text: string }> {
  const node = await test.client.get<RegisteredNode>({ apiVersion: "v1", kind: "Node", name: "sandbox" });
  const port = node.status?.daemonEndpoints?.kubeletEndpoint?.Port;
  const pair = people[who];
  return await new Promise((resolve, reject) => {
    request({
      host: "127.0.0.1",
      port,
      path,
      ca: authority.certificate,
      ...(pair === undefined ? {} : { cert: pair.certificate, key: pair.key }),
    })
      .once("error", reject)
      .once("response", (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => (text += part));
        response.once("end", () => resolve({ status: response.statusCode ?? 0, text }));
      })
      .end();
  });
}

const log = "/containerLogs/default/talker/main";

it.each([
  ["nobody", 401, "Unauthorized"],
  ["stranger", 401, "Unauthorized"],
  ["anybody", 403, "Forbidden (user=someone, verb=get, resource=nodes, subresource(s)=[proxy])"],
  ["server", 200, "one\ntwo\n"],
])("answers only those who may: %s gets %i", async (who, status, text) => {
  expect(await ask(log, who)).toEqual({ status, text });
});

it.each([
  ["/healthz", 200, "ok"],
  [`${log}?tailLines=1`, 200, "two\n"],
  [`${log}?limitBytes=5`, 200, "one\nt"],
  [`${log}?sinceSeconds=3600`, 200, "one\ntwo\n"],
  [`${log}?sinceTime=2100-01-01T00:00:00Z`, 200, ""],
  [`${log}?previous=true`, 400, 'previous terminated container "main" in pod "talker" not found'],
  [`${log}?tailLines=few`, 400, `{"message": "Unable to decode query."}`],
  [`${log}?sinceTime=then`, 400, `{"message": "Unable to decode query."}`],
  [`${log}?tailLines=-1`, 422, `{"message": "Invalid request."}`],
  [`${log}?limitBytes=0`, 422, `{"message": "Invalid request."}`],
  [`${log}?sinceSeconds=5&sinceTime=2100-01-01T00:00:00Z`, 422, `{"message": "Invalid request."}`],
  ["/containerLogs/default/nobody/main", 404, 'pod "nobody" does not exist'],
  ["/containerLogs/default/talker/other", 404, 'container "other" not found in pod "talker"'],
  ["/containerLogs/default/%zz/main", 404, "404 page not found\n"],
  ["//", 400, "Bad Request"],
  ["/stats/summary", 404, "404 page not found\n"],
])("answers as a kubelet does: %s with %i", async (path, status, text) => {
  expect(await ask(path)).toEqual({ status, text });
});

it("lists its pods", async () => {
  const { items } = JSON.parse((await ask("/pods")).text) as { items: { metadata: { name: string } }[] };
  expect(items.map(({ metadata }) => metadata.name)).toEqual(["talker"]);
});

it.each([
  ["GET", "/containerLogs/a/b/c", "get", ["proxy"]],
  ["POST", "/exec/a/b/c", "create", ["proxy"]],
  ["GET", "/pods", "get", ["pods", "proxy"]],
  ["GET", "/podsx", "get", ["proxy"]],
  ["GET", "/healthz/ping", "get", ["healthz", "proxy"]],
])("asks for the right that a kubelet asks for: %s %s", (method, path, verb, subresources) => {
  expect(kubeletAccess(method, path)).toEqual({ verb, subresources });
});
