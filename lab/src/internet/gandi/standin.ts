import { htmlError, type ApiAnswer } from "./answers.ts";
import { answerApi, type Account, type ApiRequest } from "./api.ts";
import { authenticate, type Credentials } from "./auth.ts";
import { faultAnswer, FaultSet, type Fault, type FaultKind } from "./faults.ts";
import { isZoneWide } from "./path.ts";

/** What the connection does with the answer. */
export type Delivery = { readonly kind: "whole" | "cut"; readonly answer: ApiAnswer } | { readonly kind: "never" };

export interface LoggedRequest {
  /** Milliseconds since the epoch, on arrival. */
  readonly time: number;
  readonly method: string;
  /** With the query. */
  readonly target: string;
  readonly authorization: Credentials["scheme"];
  readonly authorized: boolean;
  readonly body: string;
  /** A write of a whole zone. */
  readonly zoneWide: boolean;
  readonly fault?: FaultKind;
  /** Absent as long as there is no answer. */
  status?: number;
}

export interface StandinOptions {
  readonly account: Account;
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly log: (line: string) => void;
}

const KEPT_REQUESTS = 10_000;

/** The stand-in apart from its sockets: the API, the faults that are switched on, and the log of requests. */
export class Standin {
  readonly faults = new FaultSet();
  #requests: LoggedRequest[] = [];
  #lastWrite: Promise<unknown> = Promise.resolve();
  readonly #options: StandinOptions;

  constructor(options: StandinOptions) {
    this.#options = options;
  }

  get requests(): readonly LoggedRequest[] {
    return this.#requests;
  }

  clearRequests(): void {
    this.#requests = [];
  }

  /** Never rejects: what the zone store cannot do becomes a 500. `target` has to be one that URL can parse. */
  async handle(request: ApiRequest): Promise<Delivery> {
    const { pathname } = new URL(request.target, "https://localhost");
    const fault = this.faults.take(request.method, pathname);
    const entry = this.#record(request, pathname, fault);
    const delivery = await this.#deliver(request, fault);
    if (delivery.kind !== "never") entry.status = delivery.answer.status;
    const outcome = entry.status ?? "no answer";
    this.#options.log(`${request.method} ${request.target} ${outcome}${fault ? ` (fault ${fault.fault})` : ""}`);
    return delivery;
  }

  #record(request: ApiRequest, pathname: string, fault: Fault | undefined): LoggedRequest {
    const { method, target, body } = request;
    const { scheme, granted } = authenticate(request.authorization, this.#options.account.token);
    const zoneWide = isZoneWide(method, pathname);
    if (zoneWide) this.#options.log(`ZONE-WIDE WRITE: ${method} ${target}`);
    const entry: LoggedRequest = {
      time: this.#options.now(),
      method,
      target,
      authorization: scheme,
      authorized: granted,
      body,
      zoneWide,
      ...(fault && { fault: fault.fault }),
    };
    this.#requests = [...this.#requests.slice(1 - KEPT_REQUESTS), entry];
    return entry;
  }

  async #deliver(request: ApiRequest, fault: Fault | undefined): Promise<Delivery> {
    if (fault?.fault === "hang") return { kind: "never" };
    const wrong = fault && faultAnswer(fault);
    if (wrong) return { kind: "whole", answer: wrong };
    const answer = await (request.method === "GET" ? this.#answer(request) : this.#inTurn(request));
    if (fault?.fault === "slow") await this.#options.sleep(fault.delayMs);
    return { kind: fault?.fault === "cut" ? "cut" : "whole", answer };
  }

  /** Writes go one after the other: each is judged by what the one before it left. */
  #inTurn(request: ApiRequest): Promise<ApiAnswer> {
    const answer = this.#lastWrite.then(() => this.#answer(request));
    this.#lastWrite = answer;
    return answer;
  }

  async #answer(request: ApiRequest): Promise<ApiAnswer> {
    const { account, log } = this.#options;
    try {
      return await answerApi(request, account);
    } catch (error) {
      log(`The zone store failed: ${String(error)}`);
      return htmlError();
    }
  }
}
