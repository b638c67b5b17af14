/** The least there is: what start-up and warm calls are measured with. */
export default (): Response => new Response("hello\n");
