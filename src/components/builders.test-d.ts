import { celeryDrain, file, job, postgres, redis, schedule, service, volume, worker } from "./index.ts";

// Checked by the compiler: each line below an "expect" must not compile, all others must.

const broker = redis({ storage: "1Gi" });
const db = postgres();
const data = volume.claim({ size: "5Gi", path: "/data" });
const image = "app:1";

service({
  image,
  env: { A: `${broker.url}/0`, B: db.asyncUrl, C: 3, D: undefined },
  files: { "/a": file("a") },
  volumes: [data, { volume: data, readOnly: true }],
  probes: "/health",
  after: [db],
});
worker({ image, drain: celeryDrain({ queues: ["q"], longestTask: "2h" }) });
job({ image, on: "deploy" });

// @ts-expect-error There is no such output.
service({ image, env: { A: broker.uri } });
// @ts-expect-error A misspelt field.
service({ image, replcas: 2 });
// @ts-expect-error A wrong type.
service({ image, replicas: "2" });
// @ts-expect-error A wrong choice.
service({ image, strategy: "blue" });
// @ts-expect-error The image is required.
service({});
// @ts-expect-error Redis is no volume.
service({ image, volumes: [broker] });
// @ts-expect-error A job runs on deploy, or by hand.
job({ image, on: "delete" });
// @ts-expect-error A schedule needs its times.
schedule({ image });
// @ts-expect-error A volume without path output would be a mistake; `claimed` is none.
service({ image, env: { A: data.claimed } });
