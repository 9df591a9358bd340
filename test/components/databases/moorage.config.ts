import { platform, postgres, redis, service } from "moorage";

export default platform("databases", {
  images: { program: { ref: "registry.example.org/databases/program", tag: "1", dev: { cwd: "program" } } },
  environments: {
    db: { target: "sandbox", namespace: "db", values: { servers: ["db"] } },
    redis: { target: "sandbox", namespace: "redis", values: { servers: ["broker", "cache"] } },
  },
  components: (env) => {
    const wanted = (name: string) => env.values.servers?.includes(name);
    const program = {
      image: env.images.program,
      runAs: 1000,
      stopDelay: 0,
      probes: { readiness: { tcp: "http", every: "1s" } },
      expose: { public: true },
    } as const;

    const db = postgres({
      storage: "1Gi",
      database: "cases",
      user: "curator",
      settings: { max_connections: 20 },
    });
    const asker = service({
      ...program,
      command: ["node", "ask-postgres.mjs"],
      env: { DATABASE_URL: db.url },
    });

    const broker = redis({ storage: "1Gi", password: true });
    const cache = redis();
    const keeper = service({
      ...program,
      command: ["node", "ask-redis.mjs"],
      env: { BROKER_URL: `${broker.url}/1`, CACHE_URL: cache.url },
    });

    return {
      ...(wanted("db") ? { db, asker } : {}),
      ...(wanted("broker") ? { broker, cache, keeper } : {}),
    };
  },
});
