/** Limits what a client can make the server hold: requests sent ahead, and answers that the client does not read. */
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Clock } from "../runtime/clock.ts";
import { pause } from "../runtime/wait.ts";

/** Browsers and Prometheus send the next request after the answer. A few requests sent ahead do no harm. */
const MAX_WAITING = 8;
/**
 * Bytes that are parsed before the number of waiting requests is checked again: about a dozen of the shortest requests.
 */
const PIECE = 256;
/** An answer that its client has not taken by then holds a connection for nothing. Milliseconds. */
const MAX_ANSWER_MS = 30_000;

interface Held {
  waiting: number;
  timer: AbortController;
}

/**
 * The answers that wait on each connection, for earlier answers or for a client that does not read. Resets a connection
 * on which more than a few wait, or which has not taken an answer for too long. A reset also frees what the kernel was
 * still to send.
 */
export class Backlog {
  readonly #held = new WeakMap<Socket, Held>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Counts a request until its response is closed. Without a response it counts until the connection is closed. Returns
   * false if the connection is gone.
   */
  admit(socket: Socket, response?: ServerResponse): boolean {
    if (socket.destroyed) return false;
    const held = this.#heldOf(socket);
    if (held.waiting === MAX_WAITING) {
      socket.resetAndDestroy();
      return false;
    }
    held.waiting += 1;
    if (held.waiting === 1) this.#limit(socket, held);
    response?.once("close", () => {
      held.waiting -= 1;
      this.#limit(socket, held);
    });
    return true;
  }

  isEmpty(socket: Socket): boolean {
    return (this.#held.get(socket)?.waiting ?? 0) === 0;
  }

  #heldOf(socket: Socket): Held {
    const known = this.#held.get(socket);
    if (known !== undefined) return known;
    const held = { waiting: 0, timer: new AbortController() };
    this.#held.set(socket, held);
    socket.once("close", () => {
      held.timer.abort();
    });
    return held;
  }

  /** The time starts again with each answer that the client takes. */
  #limit(socket: Socket, held: Held): void {
    held.timer.abort();
    if (held.waiting === 0 || socket.destroyed) return;
    const { signal } = (held.timer = new AbortController());
    void pause(this.#clock, MAX_ANSWER_MS, signal).then(() => {
      if (!signal.aborted) socket.resetAndDestroy();
    });
  }
}

/**
 * Passes a connection's bytes to Node's parser in small pieces. Node reads 64 KiB at a time and makes objects of the
 * thousands of requests in it before the first is answered, even if the connection is reset meanwhile. Call once per
 * connection, after Node has added its own listener.
 */
export function parseInPieces(socket: Socket): void {
  const [parse] = socket.listeners("data") as ((piece: Buffer) => void)[];
  if (parse === undefined) return;
  socket.removeListener("data", parse);
  const onData = (chunk: Buffer): void => {
    let at = 0;
    // Code that takes over the connection removes this listener, and Node's parser with it.
    while (at < chunk.length && !socket.destroyed && socket.listeners("data").includes(onData)) {
      // Node has enough requests to answer for now. It resumes by itself.
      if (socket.isPaused()) {
        socket.unshift(chunk.subarray(at));
        return;
      }
      parse(chunk.subarray(at, at + PIECE));
      at += PIECE;
    }
  };
  socket.on("data", onData);
}
