/**
 * Paths of members that occur twice in one object of a JSON text, which `JSON.parse` lets pass: `spec.replicas`, `items[0].name`. The text must be valid JSON.
 */
export function duplicateKeys(text: string): string[] {
  const found: string[] = [];
  const stack: { keys: Set<string> | undefined; name: string; index: number }[] = [];
  let top: (typeof stack)[number] | undefined;
  let key = "";
  let expectsKey = false;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case 0x7b: // {
      case 0x5b: {
        // [
        const isObject = text.charCodeAt(i) === 0x7b;
        stack.push((top = { keys: isObject ? new Set() : undefined, name: key, index: 0 }));
        expectsKey = isObject;
        break;
      }
      case 0x7d: // }
      case 0x5d: // ]
        stack.pop();
        top = stack.at(-1);
        expectsKey = false;
        break;
      case 0x2c: // ,
        if (top?.keys === undefined) {
          if (top !== undefined) top.index++;
        } else expectsKey = true;
        break;
      case 0x22: {
        // "
        const start = i++;
        for (; text.charCodeAt(i) !== 0x22; i++) if (text.charCodeAt(i) === 0x5c) i++;
        if (!expectsKey || top?.keys === undefined) break;
        expectsKey = false;
        const raw = text.slice(start + 1, i);
        key = raw.includes("\\") ? (JSON.parse(`"${raw}"`) as string) : raw;
        if (top.keys.has(key)) found.push(pathTo(stack, key));
        else top.keys.add(key);
        break;
      }
      default:
    }
  }
  return [...new Set(found)];
}

function pathTo(
  stack: readonly { keys: Set<string> | undefined; name: string; index: number }[],
  key: string,
): string {
  let path = "";
  stack.forEach((level, i) => {
    // A level's name is the key under which it stands, or it is an item of the list above.
    const parent = stack[i - 1];
    if (parent === undefined) return;
    if (parent.keys === undefined) path += `[${parent.index}]`;
    else path += path === "" ? level.name : `.${level.name}`;
  });
  return path === "" ? key : `${path}.${key}`;
}
