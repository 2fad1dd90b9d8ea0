/** The interface of a program that builds images. */

export interface Source {
  /** The folder with everything that the Containerfile copies. */
  readonly context: string;
  readonly containerfile: string;
}

export interface BuiltImage {
  /** The path of an OCI archive. */
  readonly archive: string;
  /** sha256:… of the image's manifest. */
  readonly digest: string;
}

export interface Builder {
  ociArchive(): Promise<BuiltImage>;
  /** Returns the path of an archive that `docker load` accepts. The image in it has the name `image`: name:tag. */
  dockerArchive(image: string): Promise<string>;
  /** Pushes to a registry that this user is logged in to. Resolves with the image's digest in the registry. */
  push(repository: string, tag: string): Promise<string>;
}

/** The name under which the kubelet finds a loaded image: localhost/ is never looked up in a registry. */
export const IMAGE_NAME = "localhost/esddns";
