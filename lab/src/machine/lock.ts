/** Lets only one command at a time change the lab. The kernel frees the lock when its holder ends, however it ends. */
import { connect, createServer, type Server } from "node:net";
import { text } from "node:stream/consumers";
import { LabError } from "../errors.ts";

/** An abstract Unix socket: a killed run leaves no file behind. */
const ADDRESS = "\0esddns-lab";

/**
 * Takes the lab's lock until this process ends.
 * @throws {LabError} with the holder's name if another command has the lock.
 */
export async function takeLock(verb: string, address: string = ADDRESS): Promise<Server> {
  const server = createServer((socket) => socket.end(`\`${verb}\` (pid ${String(process.pid)})`));
  const taken = await new Promise<boolean>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(false);
      else reject(error);
    });
    server.listen(address, () => {
      resolve(true);
    });
  });
  if (!taken) {
    const holder = await text(connect(address)).catch(() => "another command");
    throw new LabError(`The lab is being changed by ${holder}.`, { hint: "wait until it has ended, then try again" });
  }
  server.unref();
  return server;
}
