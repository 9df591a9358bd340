import { expect, test } from "vitest";
import { createApiServer } from "./createApiServer.ts";

test("keeps what it is given and tells those who watch", async () => {
  const api = createApiServer();
  const transport = api.transport();
  const path = "/api/v1/namespaces/default/configmaps";
  const watching = await transport.send({ method: "GET", path, query: { watch: true } });
  const created = await transport.send({
    method: "POST",
    path,
    body: { metadata: { name: "a" }, data: { x: "1" } },
  });
  expect(created.status).toBe(201);
  const patched = await transport.send({
    method: "PATCH",
    path: `${path}/a`,
    body: { data: { x: null, y: "2" } },
    headers: { "content-type": "application/merge-patch+json" },
  });
  expect(await patched.json()).toMatchObject({
    kind: "ConfigMap",
    metadata: { name: "a", namespace: "default" },
    data: { y: "2" },
  });
  await transport.send({ method: "DELETE", path: `${path}/a` });
  const types: string[] = [];
  for await (const line of watching.lines()) {
    types.push((JSON.parse(line) as { type: string }).type);
    if (types.length === 3) break;
  }
  expect(types).toEqual(["ADDED", "MODIFIED", "DELETED"]);
  await api.close();
});
