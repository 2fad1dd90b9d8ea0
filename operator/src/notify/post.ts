import { httpPool } from "../runtime/http.ts";
import type { Post } from "./outbox.ts";

const LIMITS = { connectMs: 5_000, headersMs: 10_000, bodyMs: 5_000 };

/** Posts over connections of its own. Redirects are not followed, answers not read. */
export function httpPost(): { post: Post; close: () => void } {
  const http = httpPool();
  return {
    post: async (request, signal) => {
      const answer = await http.send(request, LIMITS, signal);
      answer.discard();
      return answer.status;
    },
    close: () => {
      http.destroy();
    },
  };
}
