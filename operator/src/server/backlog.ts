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
/** A client that has closed its side, too, has read everything, or does so within this. Milliseconds. */
const CLOSED_MS = 5_000;
/** This many of those are kept, the newest. The others have most likely read everything, and others need their place. */
const MAX_CLOSED = 32;

/**
 * What one connection is sent at most before its last answer, bytes. The kernel takes megabytes for a client that does
 * not read, and they count as the pod's memory. 256 connections with this and one answer of a large cluster's page, 300 kB,
 * are less than half of the pod's limit.
 */
const MAX_SENT = 64 * 1024;
/** Status line and headers of an answer, bytes. */
const HEADERS = 1024;
/** A client's own kernel takes this much, whether the client reads or not. Bytes. */
const TAKEN_UNREAD = 16 * 1024;

interface Held {
  waiting: number;
  /** Bytes of all answers so far. */
  sent: number;
  timer: AbortController;
}

/**
 * The answers that wait on each connection, for earlier answers or for a client that does not read. Resets a connection
 * on which more than a few wait, or which has not taken an answer for too long. A reset also frees what the kernel was
 * still to send.
 */
export class Backlog {
  readonly #held = new WeakMap<Socket, Held>();
  /** Connections that the server is done with, and that their clients have not closed yet. */
  readonly #lingering = new Set<Socket>();
  /** Those whose clients have closed their side, oldest first. */
  readonly #closed = new Set<Socket>();
  readonly #clock: Clock;
  #isStopped = false;

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

  /** Counts an answer with a body of `bytes`. Returns whether it is the last one of its connection. */
  isLast(socket: Socket, bytes: number): boolean {
    const held = this.#heldOf(socket);
    held.sent += HEADERS + bytes;
    return held.sent > MAX_SENT;
  }

  /**
   * Ends a connection with a reset. Node's own end leaves to the kernel what the client has not read. That is kept for
   * minutes, and no limit on connections counts it. Until the reset the client can read as long as any answer. Call once
   * per connection.
   */
  endWithReset(socket: Socket): void {
    const destroy = socket.destroy.bind(socket);
    const reset = socket.resetAndDestroy.bind(socket);
    let isReset = false;
    socket.resetAndDestroy = () => {
      isReset = true;
      return reset();
    };
    socket.destroy = (error) => {
      const isBroken = error !== undefined && "syscall" in error;
      const hasSentLittle = (this.#held.get(socket)?.sent ?? 0) <= TAKEN_UNREAD;
      if (isReset || isBroken || hasSentLittle || this.#isStopped) return destroy(error);
      if (!this.#lingering.has(socket)) this.#linger(socket);
      return socket;
    };
  }

  /** Resets what lingers. From then on connections are closed at once. */
  stop(): void {
    this.#isStopped = true;
    for (const socket of this.#lingering) socket.resetAndDestroy();
  }

  isEmpty(socket: Socket): boolean {
    return (this.#held.get(socket)?.waiting ?? 0) === 0;
  }

  #heldOf(socket: Socket): Held {
    const known = this.#held.get(socket);
    if (known !== undefined) return known;
    const held = { waiting: 0, sent: 0, timer: new AbortController() };
    this.#held.set(socket, held);
    socket.once("close", () => {
      held.timer.abort();
    });
    return held;
  }

  #linger(socket: Socket): void {
    this.#lingering.add(socket);
    const over = new AbortController();
    socket.once("close", () => {
      this.#lingering.delete(socket);
      this.#closed.delete(socket);
      over.abort();
    });
    const resetAfter = (ms: number): void => {
      void pause(this.#clock, ms, over.signal).then(() => {
        if (!over.signal.aborted) socket.resetAndDestroy();
      });
    };
    const onClosed = (): void => {
      resetAfter(CLOSED_MS);
      this.#closed.add(socket);
      const [oldest] = this.#closed;
      if (this.#closed.size > MAX_CLOSED) oldest?.resetAndDestroy();
    };
    resetAfter(MAX_ANSWER_MS);
    if (socket.readableEnded) onClosed();
    else socket.once("end", onClosed);
    // Whatever the client still sends is dropped.
    socket.removeAllListeners("data").end().resume();
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
