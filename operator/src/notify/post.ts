import { Agent } from "undici";
import type { Post } from "./outbox.ts";

/** Posts over connections of its own; redirects are not followed, answers not read. */
export function httpPost(): { post: Post; close: () => Promise<void> } {
  const agent = new Agent({
    connect: { timeout: 5_000 },
    headersTimeout: 10_000,
    bodyTimeout: 5_000,
    keepAliveTimeout: 1_000,
  });
  return {
    post: async ({ method, url, headers, body }, signal) => {
      const { origin, pathname, search } = new URL(url);
      const path = `${pathname}${search}`;
      const answer = await agent.request({ origin, path, method, headers: { ...headers }, body, signal });
      answer.body.destroy();
      return answer.statusCode;
    },
    close: () => agent.destroy(),
  };
}
