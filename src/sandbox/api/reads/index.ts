export { itemAs } from "./encode.ts";
export { get } from "./get.ts";
export { list } from "./list.ts";
export { selected } from "./selected.ts";
export { watch } from "./watch.ts";
