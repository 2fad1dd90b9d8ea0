import { z } from "zod";

const container = z.object({ name: z.string().default("?"), image: z.string().default("") });
const pod = z.object({ initContainers: z.array(container).default([]), containers: z.array(container).default([]) });

const DIGEST = /@sha256:[0-9a-f]{64}$/;

/** One sentence for each image that may be another one tomorrow. `allowTags`: a tag will do, if it is not `latest`. */
export function imageProblems(spec: unknown, allowTags: boolean): string[] {
  const { initContainers, containers } = pod.parse(spec ?? {});
  return [...initContainers, ...containers].flatMap(({ name, image }) => {
    if (DIGEST.test(image)) return [];
    const tag = tagOf(image);
    if (tag === undefined || tag === "latest")
      return [`container ${name}: the image "${image}" is whatever is newest. Name it by digest: NAME@sha256:…`];
    if (allowTags) return [];
    return [`container ${name}: the tag of "${image}" can be moved. Name the image by digest: NAME@sha256:…`];
  });
}

/** A colon before the last slash is that of a registry's port. */
function tagOf(image: string): string | undefined {
  return /:([^:/@]+)(@|$)/.exec(image)?.[1];
}
