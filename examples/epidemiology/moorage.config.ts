import { job, platform, schedule, service, volume } from "moorage";

export default platform("epidemiology", {
  images: {
    curator: { ref: "registry.example.org/epidemiology/curator", tag: "0.4.1", dev: { cwd: "curator" } },
    data: { ref: "registry.example.org/epidemiology/data", tag: "0.2.0", dev: { cwd: "data" } },
  },

  // Two environments in one namespace, told apart by the suffix of their names and by labels.
  environments: {
    dev: { target: "sandbox", namespace: "epidemiology", suffix: "-dev" },
    prod: { target: { context: "epidemiology" }, namespace: "epidemiology", suffix: "-prod", after: "dev" },
  },

  components: (env) => {
    const production = env.name === "prod";

    const cases = volume.claim({ size: production ? "20Gi" : "1Gi", path: "/var/lib/cases" });
    const database = {
      image: env.images.data,
      env: { DATABASE: `${cases.path}/cases.sqlite`, NODE_OPTIONS: "--disable-warning=ExperimentalWarning" },
      volumes: [cases],
      runAs: 1000,
      resources: { cpu: "100m", memory: "256Mi" },
    };

    const migrate = job({ ...database, command: ["node", "migrate.ts"], on: "deploy" });

    const data = service({
      ...database,
      command: ["node", "server.ts"],
      after: [migrate],
      probes: { readiness: { http: "/healthz", every: "1s" } },
      // SQLite's write-ahead log bears two programs of one machine on the file, so that a rollout needs no pause.
      strategy: production ? "recreate" : "rolling",
    });

    const curator = service({
      image: env.images.curator,
      command: ["node", "server.ts"],
      env: { DATA_URL: data.url, TITLE: production ? "Line list" : "Line list (dev)" },
      replicas: production ? 2 : 1,
      runAs: 1000,
      resources: { cpu: "50m", memory: "128Mi" },
      probes: { readiness: { http: "/healthz", every: "1s" } },
      expose: { host: production ? "curator.example.org" : undefined, tls: production, public: true },
    });

    const nightlyExport = schedule({
      ...database,
      cron: "30 2 * * *",
      timezone: "Europe/Berlin",
      command: ["node", "export.ts"],
      env: { ...database.env, EXPORTS: `${cases.path}/exports` },
    });

    return { cases, migrate, data, curator, "nightly-export": nightlyExport };
  },
});
