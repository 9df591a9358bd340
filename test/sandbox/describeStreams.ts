import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CoreV1Api, Exec, KubeConfig, PortForward } from "@kubernetes/client-node";
import { connect, createServer, type AddressInfo } from "node:net";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { KubectlProcess, kubectlEnvironment, type Carrier } from "./KubectlProcess.ts";
import { runTool, toolPath } from "../tools/kubectl.ts";
import { eventually, js, listen, pod, stay, template } from "./TestSandbox.ts";

/** Where the streams of pods are tried: the pods are processes of this machine. */
export interface StreamsSide {
  readonly kubeconfig: string;
  /** Temporary; removed by `close`. Programs run in it. */
  readonly folder: string;
  close(): Promise<void>;
}

const carriers: readonly Carrier[] = ["websockets", "SPDY"];
const http = [{ name: "http", containerPort: 8080, protocol: "TCP" }];
/** Why no terminals can be tried: the package is optional, and not made for every machine. */
const noTerminals = await import("@lydell/node-pty").then(
  () => "",
  () => " (skipped: @lydell/node-pty is not there)",
);
/** Whether there is such a process. */
export const runs = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** exec, attach, port-forward and cp, by the real kubectl and by a client of others. */
export function describeStreams(
  start: () => Promise<StreamsSide>,
  /** Large amounts take seconds, and are the node's business alone. */
  { amounts = true }: { readonly amounts?: boolean } = {},
): void {
  let test: StreamsSide;
  const kubectl = async (args: string | readonly string[], input?: object): Promise<string> => {
    const list = typeof args === "string" ? args.split(" ") : args;
    const { code, stdout, stderr } = await runTool("kubectl", list, {
      kubeconfig: test.kubeconfig,
      home: test.folder,
      ...(input === undefined ? {} : { input: JSON.stringify(input) }),
    });
    if (code !== 0) throw new Error(`kubectl ${list.join(" ")} ended with ${code}\n${stdout}\n${stderr}`);
    return stdout;
  };
  /** A kubectl on a terminal of its own. */
  const kubectlTerminal = async (
    args: readonly string[],
    carrier: Carrier,
    size: { cols: number; rows: number },
  ) => {
    const { spawn } = await import("@lydell/node-pty");
    const terminal = spawn(toolPath("kubectl"), [...args], {
      ...size,
      env: kubectlEnvironment(test, carrier),
    });
    let screen = "";
    terminal.onData((text) => (screen += text));
    return {
      /** Types a line, and waits for what is to be seen then; with `patience` 0 tells whether it is. */
      types: async (line: string, answer: RegExp, patience?: 0): Promise<boolean> => {
        terminal.write(`${line}\r`);
        if (patience !== 0) await eventually(`${line}: ${screen}`, async () => answer.test(screen));
        return answer.test(screen);
      },
      resize: ({ cols, rows }: { cols: number; rows: number }) => terminal.resize(cols, rows),
      leave: () => terminal.kill("SIGKILL"),
      ended: new Promise<number>((resolve) => terminal.onExit(({ exitCode }) => resolve(exitCode))),
    };
  };
  const apply = (object: object): Promise<string> => kubectl("apply --server-side -f -", object);

  const exec = (args: readonly string[], carrier?: Carrier, input?: Uint8Array) =>
    new KubectlProcess(test, ["exec", ...args], carrier).run(input);
  const makePod = async (name: string, containers: object[], spec: object = {}): Promise<void> => {
    await apply(pod(name, template(name, test.folder, { containers, ...spec })));
    await kubectl(`wait --for=condition=Ready pod/${name} --timeout=90s`);
  };

  beforeAll(async () => {
    test = await start();
    mkdirSync(join(test.folder, "below"));
    await makePod(
      "web",
      [
        js(listen(`r.end("hello " + q.url)`), {
          ports: http,
          env: [{ name: "COLOUR", value: "green" }],
          volumeMounts: [{ name: "data", mountPath: "/data" }],
        }),
        js(stay, { name: "side", volumeMounts: [{ name: "data", mountPath: "/shared/data" }] }),
      ],
      { volumes: [{ name: "data", emptyDir: {} }] },
    );
  }, 300_000);
  afterAll(() => test?.close());

  describe.each(carriers)("kubectl exec over %s", (carrier) => {
    it("runs a command where the container runs, tells its outputs apart, and ends with its exit code", async () => {
      const line = `pwd; echo $COLOUR $HOSTNAME; test -n "$KUBERNETES_SERVICE_HOST" && echo found; echo trouble >&2; exit 7`;
      const { code, stdout, stderr } = await exec(["web", "-c", "main", "--", "sh", "-c", line], carrier);
      expect(stdout.toString()).toBe(`${test.folder}\ngreen web\nfound\n`);
      expect(stderr).toBe("trouble\ncommand terminated with exit code 7\n");
      expect(code).toBe(7);
    });

    it("passes megabytes of bytes through as they are, and the end of the input", async () => {
      const input = randomBytes(3_000_000);
      const { code, stdout } = await exec(["-i", "web", "-c", "main", "--", "cat"], carrier, input);
      expect(code).toBe(0);
      expect(stdout.equals(input)).toBe(true);
    });

    it.each<[string, string[], number, string]>([
      [
        "a program that is not there",
        ["web", "-c", "main", "--", "no-such-program"],
        1,
        `error: Internal error occurred: error executing command in container: failed to exec in container: exec: "no-such-program": executable file not found in $PATH\n`,
      ],
      [
        "a container that is not there",
        ["web", "-c", "other", "--", "true"],
        1,
        "Error from server (BadRequest): container other is not valid for pod web\n",
      ],
      [
        "a pod that is not there",
        ["nobody", "--", "true"],
        1,
        `Error from server (NotFound): pods "nobody" not found\n`,
      ],
    ])("says so for %s", async (_what, args, code, message) => {
      const result = await exec(args, carrier);
      expect([result.code, result.stderr]).toEqual([code, message]);
    });

    it("refuses a container whose program does not run, as a kubelet does", async () => {
      await apply(
        pod(
          "never",
          template("never", test.folder, {
            containers: [{ name: "main", image: "example.org/nothing:1" }],
          }),
          {},
        ),
      );
      await eventually(
        "it is with the node",
        async () => JSON.parse(await kubectl("get pod never -o json")).status.containerStatuses,
      );
      const { code, stderr } = await exec(["never", "--", "true"], carrier);
      expect(code).toBe(1);
      expect(stderr).toContain(`unable to upgrade connection: container not found ("main")`);
      await kubectl("delete pod never --wait=false");
    });

    it("ends the process when its client goes", async () => {
      const file = join(test.folder, `pid-${carrier}`);
      const line = `echo $$ > "${file}"; exec sleep 600`;
      const client = new KubectlProcess(
        test,
        ["exec", "-i", "web", "-c", "main", "--", "sh", "-c", line],
        carrier,
      );
      const pid = await eventually(
        "it runs",
        // A shell makes the file before it writes.
        async () => existsSync(file) && (Number(readFileSync(file, "utf8")) || undefined),
      );
      expect(runs(pid)).toBe(true);
      client.child.kill("SIGKILL");
      await eventually("it is gone", async () => !runs(pid));
    });

    it.skipIf(noTerminals)(
      `gives a terminal that follows the size of the client's${noTerminals}`,
      async () => {
        const args = ["exec", "-it", "web", "-c", "main", "--", "sh"];
        const terminal = await kubectlTerminal(args, carrier, { cols: 99, rows: 33 });
        await terminal.types("test -t 0 && test -t 1 && test -t 2 && echo is-$TERM", /is-xterm/);
        // Its size comes on a way of its own, maybe after what is typed.
        await eventually("its size", () => terminal.types("stty size", /33 99/, 0));
        terminal.resize({ cols: 111, rows: 44 });
        await eventually("the new size", () => terminal.types("stty size", /44 111/, 0));
        // Ctrl-C is the process' own business.
        // What is typed is seen before the shell has read it: Ctrl-C is to meet the program.
        await terminal.types("sh -c 'echo be''gun; exec sleep 600'", /begun/);
        await terminal.types("\u0003", /\^C/);
        await terminal.types("exit 5", /exit 5/);
        expect(await terminal.ended).toBe(5);
      },
    );

    it("needs no other way than the one that kubectl asks for first", async () => {
      const { stderr } = await exec(["-v=4", "web", "-c", "side", "--", "true"], carrier);
      expect(stderr).not.toMatch(/fallback/i);
    });
  });

  describe.each(amounts ? carriers : [])("large amounts over %s", (carrier) => {
    it("loses nothing of a large output", async () => {
      const { stdout } = await exec(
        ["web", "-c", "side", "--", "head", "-c", "20000000", "/dev/zero"],
        carrier,
      );
      expect(stdout).toHaveLength(20_000_000);
    });

    it("holds the process back while its client does not read, and loses nothing of what it says", async () => {
      const progress = join(test.folder, `progress-${carrier}`);
      const total = 48 * 2 ** 20;
      const program = `
      const { writeFileSync, writeSync } = require("node:fs");
      const part = Buffer.alloc(2 ** 16, "x");
      for (let sent = 0; sent < ${total}; sent += part.length) {
        for (let at = 0; at < part.length; ) {
          try { at += writeSync(1, part, at); } catch (error) { if (error.code !== "EAGAIN") throw error; }
        }
        writeFileSync(${JSON.stringify(progress)}, String(sent));
      }`;
      const client = new KubectlProcess(
        test,
        ["exec", "web", "-c", "side", "--", process.execPath, "-e", program],
        carrier,
      );
      const written = (): number => (existsSync(progress) ? Number(readFileSync(progress, "utf8")) : 0);
      const seen: number[] = [];
      await eventually("the process waits", async () => {
        seen.push(written());
        return written() > 0 && seen.length > 10 && seen.at(-10) === written();
      });
      expect(written()).toBeLessThan(total / 2);
      expect((await client.run()).stdout).toHaveLength(total);
    });
  });

  describe("kubectl exec", () => {
    it("finds mounts under the names that the pod knows", async () => {
      await exec(["web", "-c", "main", "--", "sh", "-c", 'echo shared > "/data/note"']);
      const { stdout } = await exec(["web", "-c", "side", "--", "cat", "/shared/data/note"]);
      expect(stdout.toString()).toBe("shared\n");
    });

    it("ends with the pod that it runs in", async () => {
      await makePod("brief", [js(stay)]);
      const client = new KubectlProcess(test, [
        "exec",
        "brief",
        "--",
        "sh",
        "-c",
        "echo begun; exec sleep 600",
      ]);
      await client.said(/begun/);
      await kubectl("delete pod brief --grace-period=1");
      expect(await client.ended).toBe(137);
      expect(client.stderr).toContain("command terminated with exit code 137");
    });

    it("leaves alone what goes on in the background, until the container ends", async () => {
      await makePod("daemon", [js(stay)]);
      const { stdout } = await exec(["daemon", "--", "sh", "-c", "sleep 600 > /dev/null 2>&1 & echo $!"]);
      const pid = Number(stdout.toString());
      expect(runs(pid)).toBe(true);
      await kubectl("delete pod daemon --grace-period=1");
      await eventually("it is gone", async () => !runs(pid));
    });
  });

  describe("kubectl attach", () => {
    it.each(carriers)("shows what the program says from now on, until it ends (%s)", async (carrier) => {
      const name = `talker-${carrier.toLowerCase()}`;
      const line = `let n = 0; setInterval(() => { console.log("line", n++); console.error("odd"); }, 50); process.on("SIGTERM", () => { console.log("bye"); process.exit(3); });`;
      await makePod(name, [js(line)]);
      const client = new KubectlProcess(test, ["attach", name], carrier);
      await client.said(/line \d+\n/);
      await eventually("the other output", async () => client.stderr.includes("odd"));
      await kubectl(`delete pod ${name} --wait=false`);
      await client.said(/bye/);
      expect(await client.ended).toBe(0);
    });
  });

  it("goes with a pod although somebody who is attached to it does not read", async () => {
    await makePod("flood", [
      { name: "main", image: "example.org/yes:1", command: ["yes", "x".repeat(1000)] },
    ]);
    const client = new KubectlProcess(test, ["attach", "flood"]);
    await eventually("it writes", async () => client.child.stdout.readableLength > 0);
    await kubectl("delete pod flood --grace-period=1 --timeout=90s");
    client.child.kill("SIGKILL");
    await client.ended;
    expect(await kubectl("get pods --field-selector=metadata.name=flood -o name")).toBe("");
  });

  it("types into a program that has an input: its first client ends it, if the pod says so", async () => {
    await makePod(
      "listener",
      [
        {
          name: "once",
          image: "example.org/cat:1",
          command: ["sh", "-c", "cat; echo done"],
          stdin: true,
          stdinOnce: true,
        },
        { name: "stay", image: "example.org/cat:1", command: ["cat"], stdin: true },
      ],
      { restartPolicy: "Never" },
    );
    const once = await new KubectlProcess(test, ["attach", "-i", "listener", "-c", "once"]).run(
      Buffer.from("a line\n"),
    );
    expect([once.code, once.stdout.toString()]).toEqual([0, "a line\ndone\n"]);
    for (const line of ["first", "second"]) {
      const client = new KubectlProcess(test, ["attach", "-i", "listener", "-c", "stay"]);
      client.child.stdin.write(`${line}\n`);
      await client.said(new RegExp(line));
      client.child.kill("SIGKILL");
      await client.ended;
    }
    await eventually("both", async () => (await kubectl("logs listener -c stay")).includes("second"));
    expect(await kubectl("logs listener -c stay")).toBe("first\nsecond\n");
  });

  it.skipIf(noTerminals)(`gives a program the terminal that its pod asks for${noTerminals}`, async () => {
    await makePod("screen", [
      { name: "main", image: "example.org/shell:1", command: ["sh"], stdin: true, tty: true },
    ]);
    const terminal = await kubectlTerminal(["attach", "-it", "screen"], "websockets", { cols: 77, rows: 22 });
    await eventually("its size", () => terminal.types("stty size", /22 77/, 0));
    terminal.leave();
    const log = await eventually("the answer in its log", async () => {
      const text = await kubectl("logs screen");
      return text.includes("22 77\r\n") && text;
    });
    expect(log).toContain("stty size\r\n");
    await kubectl("delete pod screen --grace-period=0 --force");
  });

  describe("kubectl cp", () => {
    it("copies files and folders in and out, also below mounts", async () => {
      const content = randomBytes(500_000);
      const here = join(test.folder, "copied");
      mkdirSync(join(here, "sub"), { recursive: true });
      writeFileSync(join(here, "sub", "content"), content);
      const back = (name: string): Buffer => readFileSync(join(test.folder, name));
      const cp = (from: string, to: string) => kubectl(["cp", "-c", "main", from, to]);
      await cp(here, "web:/data/in");
      await cp(join(here, "sub", "content"), "web:below/file");
      await cp("web:/data/in", join(test.folder, "back-folder"));
      await cp("web:/data", join(test.folder, "back-mount"));
      await cp("web:/data/in/sub/content", join(test.folder, "back-file"));
      await cp("web:below/file", join(test.folder, "back-below"));
      for (const name of ["back-folder/sub/content", "back-mount/in/sub/content", "back-file", "back-below"])
        expect(back(name).equals(content)).toBe(true);
    });
  });

  describe.each(carriers)("kubectl port-forward over %s", (carrier) => {
    const forward = async (
      name: string,
      port: number,
    ): Promise<{ client: KubectlProcess; local: number }> => {
      const client = new KubectlProcess(
        test,
        ["port-forward", "-v=4", "--address=127.0.0.1", `pod/${name}`, `:${port}`],
        carrier,
      );
      const [, local] = await client.said(/127\.0\.0\.1:(\d+) ->/);
      return { client, local: Number(local) };
    };

    it("carries many connections at once", async () => {
      const { client, local } = await forward("web", 8080);
      const answers = await Promise.all(
        Array.from({ length: 60 }, async (_, index) =>
          (await fetch(`http://127.0.0.1:${local}/${index}`)).text(),
        ),
      );
      expect(answers).toEqual(Array.from({ length: 60 }, (_, index) => `hello /${index}`));
      expect(client.stderr).not.toMatch(/fallback/i);
      client.child.kill();
      await client.ended;
    });

    it("passes on which side has ended first", async () => {
      // A server that answers only after the end of what it was sent.
      const line = `require("node:net").createServer({ allowHalfOpen: true }, (s) => { let all = 0; s.on("data", (d) => (all += d.length)).on("end", () => s.end(String(all))); }).listen(process.env.PORT, "127.0.0.1");`;
      await makePod(`counter-${carrier.toLowerCase()}`, [js(line, { ports: http })]);
      const { client, local } = await forward(`counter-${carrier.toLowerCase()}`, 8080);
      const answer = await new Promise<string>((resolve, reject) => {
        const socket = connect({ host: "127.0.0.1", port: local, allowHalfOpen: true });
        let text = "";
        socket
          .on("data", (chunk) => (text += String(chunk)))
          .once("end", () => resolve(text))
          .once("error", reject);
        socket.end(Buffer.alloc(5_000_000));
      });
      expect(answer).toBe("5000000");
      client.child.kill();
    });

    it("says so when nobody listens, and ends, as kubectl does then", async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const { port } = server.address() as AddressInfo;
      await new Promise((resolve) => server.close(resolve));
      const { client, local } = await forward("web", port);
      await expect(fetch(`http://127.0.0.1:${local}/`)).rejects.toThrow("fetch failed");
      expect(await client.ended).toBe(1);
      expect(client.stderr).toContain(
        `error forwarding port ${port} to pod default/web: dial tcp 127.0.0.1:${port}: connect: connection refused`,
      );
    });
  });

  describe("a client that was written for clusters", () => {
    const config = (): KubeConfig => {
      const loaded = new KubeConfig();
      loaded.loadFromFile(test.kubeconfig);
      return loaded;
    };

    it("runs a command, and hears its status", async () => {
      const stdout = new PassThrough();
      const stderr = new PassThrough();
      const text = async (stream: PassThrough): Promise<string> => {
        let all = "";
        for await (const part of stream) all += String(part);
        return all;
      };
      const said = Promise.all([text(stdout), text(stderr)]);
      const command = ["sh", "-c", "cat; echo no >&2; exit 4"];
      const input = new PassThrough();
      input.end("in\n");
      const status = await new Promise((resolve, reject) => {
        new Exec(config())
          .exec("default", "web", "main", command, stdout, stderr, input, false, resolve)
          .catch(reject);
      });
      stdout.end();
      stderr.end();
      expect(await said).toEqual(["in\n", "no\n"]);
      expect(status).toMatchObject({
        status: "Failure",
        reason: "NonZeroExitCode",
        details: { causes: [{ reason: "ExitCode", message: "4" }] },
      });
    });

    it("forwards a port over the channels of a websocket", async () => {
      const output = new PassThrough();
      const input = new PassThrough();
      const answer = new Promise<string>((resolve) => {
        let all = "";
        output.on("data", (part: Buffer) => {
          all += part.toString("utf8");
          if (all.includes("hello")) resolve(all);
        });
      });
      const socket = await new PortForward(config()).portForward(
        "default",
        "web",
        [8080],
        output,
        null,
        input,
      );
      input.write("GET /there HTTP/1.0\r\n\r\n");
      expect(await answer).toContain("hello /there");
      if (typeof socket !== "function") socket.close();
    });

    it("is told to ask for an upgrade when it does not", async () => {
      const api = config().makeApiClient(CoreV1Api);
      await expect(
        api.connectGetNamespacedPodExec({
          name: "web",
          namespace: "default",
          command: "true",
          container: "main",
          stdout: true,
        }),
      ).rejects.toMatchObject({
        code: 400,
        body: expect.stringContaining("Upgrade request required") as string,
      });
    });
  });

  describe("rights", () => {
    it("lets nobody run commands who may only look", async () => {
      await kubectl("create serviceaccount looker");
      await kubectl(
        "create role look --verb=get,list --resource=pods,pods/exec,pods/attach,pods/portforward",
      );
      await kubectl("create rolebinding look --role=look --serviceaccount=default:looker");
      const looker = "--as=system:serviceaccount:default:looker";
      /** A real API server hears of a role a moment after it was written. */
      const may = (what: string): Promise<unknown> =>
        eventually(
          `the right to ${what}`,
          async () => (await kubectl(`auth can-i ${what} ${looker}`)) === "yes\n",
        );
      await may("get pods");
      await may("get pods --subresource=exec");
      await may("get pods --subresource=portforward");
      const denied = await exec([looker, "web", "-c", "main", "--", "true"]);
      expect([denied.code, denied.stderr]).toEqual([
        1,
        `Error from server (Forbidden): pods "web" is forbidden: User "system:serviceaccount:default:looker" cannot create resource "pods/exec" in API group "" in the namespace "default"\n`,
      ]);
      const forwarded = await new KubectlProcess(test, [looker, "port-forward", "web", ":8080"]).run();
      expect(forwarded.code).toBe(1);
      expect(forwarded.stderr).toContain(`cannot create resource "pods/portforward"`);
      await kubectl("create role run --verb=create --resource=pods/exec");
      await kubectl("create rolebinding run --role=run --serviceaccount=default:looker");
      await may("create pods --subresource=exec");
      const allowed = await exec([looker, "web", "-c", "main", "--", "echo", "yes"]);
      expect(allowed.stdout.toString()).toBe("yes\n");
    });
  });
}
