import { isDeepStrictEqual } from "node:util";
import type { Http } from "../runtime/http.ts";

interface Expected {
  readonly path: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

type Prepared =
  | { readonly status: number; readonly text: string; readonly headers?: Readonly<Record<string, string>> }
  | { readonly error: Error };

export interface FakeHttp extends Http {
  /** Expects this as the next request. A request that was not expected throws. */
  expects(request: Expected, answer: Prepared): void;
  /** Throws if an expected request was not sent. */
  allSent(): void;
}

/** A server at `origin` that has its answers prepared. */
export function fakeHttp(origin: string): FakeHttp {
  const queue: { request: Expected; answer: Prepared }[] = [];
  return {
    expects: (request, answer) => {
      queue.push({ request, answer });
    },
    allSent: () => {
      if (queue.length > 0) throw new Error(`not sent: ${JSON.stringify(queue.map(({ request }) => request))}`);
    },
    send: ({ url, method, headers, body }) => {
      const next = queue.shift();
      if (next === undefined) return Promise.reject(new Error(`not expected: ${method} ${url}`));
      const { request, answer } = next;
      const wanted = [origin + request.path, request.method ?? "GET", request.body ?? body];
      const sent = [url, method, body];
      if (!isDeepStrictEqual(sent, wanted))
        return Promise.reject(new Error(`${String(sent)} is not ${String(wanted)}`));
      for (const [name, value] of Object.entries(request.headers ?? {}))
        if (headers[name] !== value) return Promise.reject(new Error(`${name} is ${String(headers[name])}`));
      if ("error" in answer) return Promise.reject(answer.error);
      return Promise.resolve({
        status: answer.status,
        header: (name) => answer.headers?.[name],
        // eslint-disable-next-line @typescript-eslint/require-await -- a body is read as a stream
        body: (async function* () {
          yield Buffer.from(answer.text);
        })(),
        discard: () => undefined,
      });
    },
    retire: () => undefined,
    destroy: () => undefined,
  };
}
