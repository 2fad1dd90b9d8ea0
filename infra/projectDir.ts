/** The folder of Pulumi.yaml. The program itself runs in the folder of this file. */
export const projectDir = new URL("..", import.meta.url).pathname;
