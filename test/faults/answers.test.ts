import { describeHarmless } from "./describeHarmless.ts";

describeHarmless("an answer of", ["409", "429", "500", "503"]);
