import type { Server as HttpServer } from "node:http";
import type { Server as HttpsServer } from "node:https";

/** On SIGTERM closes the servers with all their connections, so that the process ends by itself. */
export function closeOnSigterm(...servers: readonly (HttpServer | HttpsServer)[]): void {
  process.once("SIGTERM", () => {
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
  });
}
