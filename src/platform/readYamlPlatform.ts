import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from "yaml";
import { MoorageError, type Location } from "../contract/index.ts";

/** Reads `moorage.yaml` and keeps the positions. Duplicate keys, anchors that aren't there and syntax errors are reported together. */
export function readYamlPlatform(
  text: string,
  file: string,
): { data: unknown; locate: (path: readonly PropertyKey[]) => Location } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => {
      const { line, col } = lines.linePos(error.pos[0]);
      const key = error.code === "DUPLICATE_KEY" ? /^[\w-]+/u.exec(text.slice(error.pos[0]))?.[0] : undefined;
      return {
        file,
        line,
        column: col,
        message: key === undefined ? error.message : `"${key}" stands here twice`,
      };
    });
    throw new MoorageError("PlatformInvalid", `${file} is no valid YAML.`, { problems, exitCode: 2 });
  }
  const data: unknown = document.toJS();
  if (data === null || data === undefined) {
    throw new MoorageError("PlatformInvalid", `${file} is empty.`, {
      file,
      hint: "Write a platform into it, or remove it and start with: moorage init",
      exitCode: 2,
    });
  }
  const locate = (path: readonly PropertyKey[]): Location => {
    const offset = offsetOf(document, path);
    if (offset === undefined) return { file };
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  return { data, locate };
}

/** Of the key that a path ends with, or of the nearest thing above it that is there. */
function offsetOf(document: Document.Parsed, path: readonly PropertyKey[]): number | undefined {
  let node: Node | null | undefined = document.contents;
  let offset = node?.range?.[0];
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(part));
      if (pair === undefined) break;
      offset = (pair.key as Node).range?.[0] ?? offset;
      node = pair.value as Node | null;
    } else if (isSeq(node)) {
      node = node.items[Number(part)] as Node | undefined;
      offset = node?.range?.[0] ?? offset;
    } else break;
  }
  return offset;
}
