import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestSandbox, type TestSandbox } from "./TestSandbox.ts";

let test: TestSandbox;
beforeAll(async () => {
  test = await startTestSandbox();
  await test.kubectl("create namespace lab");
  await test.kubectl("create serviceaccount robot -n lab");
  await test.kubectl("create role reader -n lab --verb=get,list --resource=configmaps");
  await test.kubectl("create rolebinding reader -n lab --role=reader --serviceaccount=lab:robot");
});
afterAll(() => test.close());

const robot = "--as system:serviceaccount:lab:robot";

describe("kubectl auth", () => {
  it("says who one is", async () => {
    expect(await test.kubectl("auth whoami -o jsonpath={.status.userInfo.username}")).toBe("moorage:admin");
    expect(await test.kubectl(`auth whoami ${robot} -o jsonpath={.status.userInfo.groups[0]}`)).toBe(
      "system:serviceaccounts",
    );
  });

  it.each([
    [`list configmaps -n lab ${robot}`, "yes"],
    [`delete configmaps -n lab ${robot}`, "no"],
    [`list configmaps -n default ${robot}`, "no"],
    [`get /version ${robot}`, "yes"],
    [`get /metrics ${robot}`, "no"],
    ["create deployments.apps -n lab", "yes"],
    ["list pods -n lab --as ann --as-group system:masters", "yes"],
  ])("can-i %s: %s", async (question, answer) => {
    const { stdout, code } = await test.run("kubectl", `auth can-i ${question}`);
    expect(stdout.trim()).toBe(answer);
    expect(code).toBe(answer === "yes" ? 0 : 1);
  });

  it("lists all that one may", async () => {
    const { stdout } = await test.run("kubectl", `auth can-i --list -n lab ${robot}`);
    expect(stdout).toMatch(/configmaps +\[\] +\[\] +\[get list\]/);
  });
});

describe("a token of a service account", () => {
  const as = async (token: string, line: string): ReturnType<TestSandbox["run"]> => {
    await test.kubectl(`config set-credentials token --token ${token}`);
    return await test.run("kubectl", `${line} --user token`);
  };

  it("may what its roles say, and nothing else", async () => {
    const token = (await test.kubectl("create token robot -n lab")).trim();
    expect((await as(token, "get configmaps -n lab -o name")).stdout).toContain("kube-root-ca.crt");
    const { stderr, code } = await as(token, "get secrets -n lab");
    expect(code).toBe(1);
    expect(stderr.trim()).toBe(
      'Error from server (Forbidden): secrets is forbidden: User "system:serviceaccount:lab:robot" cannot list resource "secrets" in API group "" in the namespace "lab"',
    );
  });

  it("ends with its account", async () => {
    await test.kubectl("create serviceaccount brief -n lab");
    const token = (await test.kubectl("create token brief -n lab")).trim();
    expect((await as(token, "auth whoami -o jsonpath={.status.userInfo.username}")).stdout).toBe(
      "system:serviceaccount:lab:brief",
    );
    await test.kubectl("delete serviceaccount brief -n lab");
    expect((await as(token, "auth whoami")).stderr).toMatch(/Unauthorized|must be logged in/);
  });
});

describe("the roles of every cluster", () => {
  it("are aggregated: view reads, edit writes, and one's own part joins in", async () => {
    await test.kubectl("create rolebinding viewer -n lab --clusterrole=view --user=ann");
    await test.kubectl("create clusterrole crops --verb=get,list --resource=deployments.apps/scale");
    await test.kubectl("label clusterrole crops rbac.authorization.k8s.io/aggregate-to-view=true");
    const can = async (what: string): Promise<string> =>
      (await test.run("kubectl", `auth can-i ${what} -n lab --as ann`)).stdout.trim();
    await expect.poll(() => can("list pods")).toBe("yes");
    expect(await can("list secrets")).toBe("no");
    expect(await can("create pods")).toBe("no");
    await expect
      .poll(async () => test.kubectl("get clusterrole view -o jsonpath={.rules[*].resources}"))
      .toContain("deployments/scale");
  });
});
