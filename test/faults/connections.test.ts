import { describeHarmless } from "./describeHarmless.ts";

describeHarmless("a request that meets", [
  "dropped before",
  "dropped after",
  "reset",
  "slow",
  "watch cut",
  "410",
]);
