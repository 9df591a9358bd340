/**
 * Checked by `tsc`: every line under `@ts-expect-error` must not compile, all others must.
 */
import { z } from "zod";
import {
  componentRef,
  defineComponent,
  defineKind,
  each,
  imageRef,
  platform,
  secret,
} from "../../src/platform/index.ts";

const redisKind = defineKind({
  kind: "redis",
  description: "A Redis.",
  schema: () => z.strictObject({ storage: z.string().optional(), after: z.array(componentRef()).optional() }),
  outputs: ["url", "host"],
  resolve: (output, component) => ({
    type: "text",
    value: output === "url" ? "redis://x" : (component.spec.storage ?? ""),
  }),
  render: () => [],
});
const redis = defineComponent(redisKind);
const worker = defineComponent(
  defineKind({
    kind: "worker",
    description: "A worker.",
    schema: () =>
      z.strictObject({
        image: imageRef(),
        command: z.array(z.string()).optional(),
        env: z.record(z.string(), z.string()).optional(),
        replicas: z.number().optional(),
        after: z.array(componentRef()).optional(),
        broker: componentRef("redis").optional(),
      }),
    outputs: [],
    resolve: () => ({ type: "text", value: "" }),
    render: () => [],
  }),
);

const detectors = ["csc", "ecal"] as const;
const queues = ["bulk", "priority"] as const;

platform("quality", {
  images: { etl: { ref: "registry.example.org/etl", dev: { cwd: "etl" } } },
  secrets: {
    db: { keys: { PASSWORD: { from: "generated" } } },
    site: { from: "dotenv", keys: ["TOKEN", "USER"] },
  },
  environments: {
    dev: { target: "sandbox", values: { replicas: 1, debug: true } },
    staging: { target: { context: "okd", flavor: "openshift" }, values: { replicas: 2 } },
    prod: { target: { context: "okd" }, after: "staging", approvals: 1, values: { replicas: 3 } },
  },
  components: (env) => {
    const broker = redis();
    const name: "dev" | "staging" | "prod" = env.name;
    const replicas: number = env.values.replicas;
    const debug: boolean | undefined = env.values.debug;
    void [name, debug];
    // @ts-expect-error an output that redis doesn't have
    void broker.ur;
    // @ts-expect-error an image that isn't declared
    void env.images.nope;
    // @ts-expect-error a secret that isn't declared
    void env.secrets.nope;
    // @ts-expect-error a key that the secret doesn't have
    void env.secrets.db.PASWORD;
    // @ts-expect-error a key that the secret doesn't have
    void env.secrets.site.TOKN;
    // @ts-expect-error a value that no environment has
    void env.values.nope;
    // @ts-expect-error not every environment has it
    const wrong: boolean = env.values.debug;
    void wrong;
    // @ts-expect-error an option that redis doesn't have
    redis({ storag: "1Gi" });
    // @ts-expect-error an option of the wrong type
    worker({ image: env.images.etl, replicas: "3" });
    // @ts-expect-error the image is required
    worker();
    const migrate = worker({
      image: env.images.etl,
      env: {
        URL: `${broker.url}/0`,
        PASSWORD: env.secrets.db.PASSWORD,
        USER: env.secrets.site.USER,
        OTHER: secret<"ANY">("db").ANY,
      },
      replicas,
      broker,
    });
    // @ts-expect-error a component of another kind
    worker({ image: env.images.etl, broker: migrate });
    const workers = each(detectors, queues, (d, q) => [
      `${d}-${q}`,
      worker({ image: env.images.etl, command: ["-Q", `${d}-${q}`], after: [migrate, broker] }),
    ]);
    void workers["csc-bulk"];
    // @ts-expect-error a combination that isn't made
    void workers["csc-bul"];
    // @ts-expect-error a wrong option, through each
    each(detectors, (d) => [d, worker({ image: env.images.etl, replica: 1 })]);
    // @ts-expect-error a wrong reference, through each
    each(detectors, (d) => [d, worker({ image: env.images.etl, env: { X: broker.ur } })]);
    // @ts-expect-error a wrong image, through each
    each(detectors, queues, (d, q) => [`${d}-${q}`, worker({ image: env.images.nope })]);
    const caches = each(detectors, (d) => [`cache-${d}`, redis({ storage: "1Gi" })]);
    void caches["cache-csc"].url;
    // @ts-expect-error an output that redis doesn't have, through each
    void caches["cache-csc"].uri;
    return { broker, migrate, ...workers, ...caches };
  },
});

platform("x", {
  // @ts-expect-error neither sandbox nor a cluster
  environments: {
    dev: { target: "sandbx" },
  },
  components: () => ({}),
});

platform("x", {
  environments: {
    dev: { target: "sandbox" },
    // @ts-expect-error an environment that isn't there
    prod: { target: { context: "okd" }, after: "stagin" },
  },
  components: () => ({}),
});

// @ts-expect-error what isn't a component can't be returned
platform("x", { environments: { dev: { target: "sandbox" } }, components: () => ({ broker: "redis" }) });
