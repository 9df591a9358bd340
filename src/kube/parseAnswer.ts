import { ApiUnreachable } from "./ApiUnreachable.ts";

/** The JSON of an answer. Errors: `ApiUnreachable`, as what answers with something else is no Kubernetes API. */
export function parseAnswer(text: string, server?: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw notJson(server, error);
  }
}

/** @param server its address, where it is known */
export function notJson(server?: string, cause?: unknown): ApiUnreachable {
  return new ApiUnreachable(
    `The API server${server === undefined ? "" : ` ${server}`} answered with something that is not JSON.`,
    {
      mayHaveBeenProcessed: true,
      hint: "Is the address in the kubeconfig that of a Kubernetes API, and not of a web page before it?",
      cause,
    },
  );
}
