import {
  externalService,
  file,
  job,
  manifests,
  platform,
  schedule,
  service,
  staticSite,
  volume,
  worker,
} from "moorage";

export default platform("everything", {
  images: {
    program: { ref: "registry.example.org/everything/program", tag: "1", dev: { cwd: "program" } },
    site: { ref: "registry.example.org/everything/site", tag: "1", dev: { cwd: "site" } },
  },
  secrets: {
    app: {
      keys: {
        TOKEN: { from: "dotenv" },
        COOKIE: { from: "generated", shape: "hex", bytes: 32 },
        MAIL: { from: "environment", variable: "LAB_MAIL_PASSWORD" },
        DSN: { from: "template", template: "smtp://lab:${MAIL}@mail.example.org", encode: "url" },
      },
    },
    queue: { from: "dotenv", keys: ["QUEUE_KEY"] },
  },
  env: { APP_EVERYWHERE: "yes" },
  environments: {
    dev: { target: "sandbox", namespace: "everything", suffix: "-dev", values: { level: "debug" } },
    prod: {
      target: { context: "lab" },
      namespace: "everything",
      suffix: "-prod",
      after: "dev",
      values: { level: "info" },
    },
  },
  components: (env) => {
    const { app, queue } = env.secrets;
    const program = { image: env.images.program, runAs: 1000 };
    const run = (...words: string[]) => ["node", "main.mjs", ...words];

    const data = volume.claim({ size: "1Gi", access: "ReadWriteMany", path: "/var/lib/lab" });
    const scratch = volume.empty({ size: "64Mi" });
    const ledger = { LEDGER: `${data.path}/ledger.txt` };

    // A claim that somebody else made: here, plain YAML does.
    const plain = manifests({
      yaml: `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: archive-${env.name} }
spec: { accessModes: [ReadWriteMany], resources: { requests: { storage: 1Gi } } }
`,
      objects: [
        { apiVersion: "v1", kind: "ConfigMap", metadata: { name: `plain-${env.name}` }, data: { a: "1" } },
      ],
    });
    const archive = volume.existing({ claim: `archive-${env.name}`, path: "/archive" });

    const migrate = job({
      ...program,
      command: run("once", "migrate"),
      env: ledger,
      volumes: [data],
      on: "deploy",
    });
    const reindex = job({
      ...program,
      command: run("once", "reindex"),
      env: ledger,
      volumes: [data],
      timeout: "5m",
    });
    const nightly = schedule({
      ...program,
      cron: "30 2 * * *",
      timezone: "Europe/Berlin",
      command: run("once", "nightly"),
      env: ledger,
      volumes: [data],
    });

    const back = service({
      ...program,
      command: run("serve"),
      env: { APP_NAME: "back" },
      resources: { cpu: "50m", memory: "128Mi" },
      probes: { readiness: { tcp: "http", every: "1s" } },
      autoscaling: { min: 1, max: 3, cpu: 80 },
      disruptionBudget: { maxUnavailable: 1 },
      stopDelay: 0,
      override: { Deployment: { spec: { revisionHistoryLimit: 3 } } },
    });

    const mail = externalService({ host: "mail.example.org", ports: { smtp: 25 }, scheme: "smtp" });

    const api = service({
      ...program,
      after: [migrate, plain],
      command: run("serve"),
      ports: { http: 8080, metrics: { port: 9090, service: 9100 } },
      env: {
        ...ledger,
        APP_NAME: "api",
        APP_BACK: back.url,
        BACK_HOST: back.host,
        BACK_PORT: back.port,
        APP_TOKEN: app.TOKEN,
        APP_LONG: `token:${app.TOKEN}@api`,
        APP_DSN: app.DSN,
        APP_COOKIE: app.COOKIE,
        APP_MAIL: mail.url,
        APP_POD: { field: "metadata.name" },
        FILE_PLAIN: "/etc/lab/plain.txt",
        FILE_SETTINGS: "/etc/lab/settings.ini",
        FILE_UPSTREAM: "/etc/lab/upstream.ini",
        FILE_TOKEN: "/etc/lab/token",
        FILE_MIXED: "/etc/lab/mixed.ini",
        FILE_INIT: `${scratch.path}/init.txt`,
        FILE_SIDE: `${scratch.path}/side.txt`,
        FILE_ARCHIVE: `${archive.path}/kept.txt`,
      },
      config: { APP_LEVEL: env.values.level },
      files: {
        "/etc/lab/plain.txt": "plain",
        "/etc/lab/settings.ini": file("settings.ini"),
        "/etc/lab/upstream.ini": { text: `url = ${back.url}/name`, template: true },
        "/etc/lab/token": app.TOKEN,
        "/etc/lab/mixed.ini": `token = ${app.TOKEN}\n`,
      },
      volumes: [data, scratch, archive],
      init: {
        prepare: {
          command: run("init"),
          env: { APP_NAME: "prepare", INIT_FILE: `${scratch.path}/init.txt` },
          volumes: [scratch],
        },
      },
      sidecars: {
        beside: {
          image: env.images.program,
          command: run("beside"),
          ports: { side: 7000 },
          env: { SIDE_FILE: `${scratch.path}/side.txt` },
          volumes: [scratch],
        },
      },
      probes: {
        readiness: { http: "/given", every: "1s" },
        startup: { tcp: "http", every: "1s", failures: 30 },
        liveness: { exec: run("alive"), every: "60s", timeout: "10s" },
      },
      resources: { cpu: "50m", memory: "128Mi" },
      labels: { team: "lab" },
      annotations: { "example.org/why": "to test" },
      stopDelay: 0,
      expose: { host: "api.example.org", paths: ["/", { path: "/metrics", port: "metrics" }], public: true },
    });

    // Rewrite and redirect are for the Gateway API.
    const web = service({
      ...program,
      command: run("serve"),
      env: { APP_NAME: "web" },
      stopDelay: 0,
      probes: { readiness: { tcp: "http", every: "1s" } },
      expose: {
        by: "httpRoute",
        host: "web.example.org",
        gateway: { name: "public", namespace: "gateways" },
        public: true,
        paths: [
          "/",
          { path: "/v1", rewrite: "/api" },
          { path: "/old", redirect: { path: "/new", status: 301 } },
        ],
      },
    });

    const etl = worker({
      ...program,
      command: run("work"),
      env: { ...ledger, APP_NAME: "etl", APP_QUEUE: queue.QUEUE_KEY },
      volumes: [data],
      drain: { stop: run("drain-stop"), busy: run("drain-busy"), timeout: "30s" },
    });

    const pages = staticSite({
      image: env.images.site,
      runAs: 101,
      expose: { host: "pages.example.org", public: true },
    });
    const notes = staticSite({
      files: { "index.html": "<h1>notes</h1>", "a/b.txt": "below" },
      fallback: "/index.html",
      expose: { host: "notes.example.org", public: true },
    });

    return {
      data,
      scratch,
      plain,
      archive,
      migrate,
      reindex,
      nightly,
      back,
      mail,
      api,
      web,
      etl,
      pages,
      notes,
    };
  },
});
