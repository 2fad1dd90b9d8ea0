/** Where the program's own words get out. They are made of the config, and of what the cluster and Helm say of it. */
import { printable } from "@esddns/common/text";
import * as pulumi from "@pulumi/pulumi";
import { redactor } from "./secrecy.ts";

/** Every message of a run: without the values of encrypted keys, and without what a terminal obeys. */
export class Messages {
  readonly #redact: (text: string) => string;

  /** `hidden`: what no message may quote. */
  constructor(hidden: readonly string[]) {
    this.#redact = redactor(hidden);
  }

  error(text: string): Promise<void> {
    return pulumi.log.error(this.shown(text));
  }

  warn(text: string): Promise<void> {
    return pulumi.log.warn(this.shown(text));
  }

  info(text: string): Promise<void> {
    return pulumi.log.info(this.shown(text));
  }

  /** To be thrown: Pulumi prints it without a stack trace. */
  refusal(text: string): pulumi.RunError {
    return new pulumi.RunError(this.shown(text));
  }

  /** For an error that somebody else prints. */
  shown(text: string): string {
    return printable(this.#redact(text));
  }
}
