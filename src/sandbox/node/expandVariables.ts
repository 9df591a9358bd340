/**
 * Expands `$(NAME)` by the kubelet's rules: `$$` is one `$` (so `$$(NAME)` stays literally `$(NAME)`), an unknown name or an unclosed
 * parenthesis is left as it stands. Source: k8s.io/kubernetes/third_party/forked/golang/expansion.
 */
export function expandVariables(text: string, variables: Readonly<Record<string, string>>): string {
  let out = "";
  let from = 0;
  for (let at = text.indexOf("$"); at !== -1 && at + 1 < text.length; at = text.indexOf("$", from)) {
    out += text.slice(from, at);
    const next = text[at + 1];
    if (next === "$") {
      out += "$";
      from = at + 2;
      continue;
    }
    if (next !== "(") {
      out += `$${next ?? ""}`;
      from = at + 2;
      continue;
    }
    const close = text.indexOf(")", at + 2);
    if (close === -1) {
      out += "$(";
      from = at + 2;
      continue;
    }
    const name = text.slice(at + 2, close);
    out += Object.hasOwn(variables, name) ? (variables[name] ?? "") : `$(${name})`;
    from = close + 1;
  }
  return out + text.slice(from);
}
