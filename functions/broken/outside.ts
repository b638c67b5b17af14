/** Wants a file of the host: not there for a bundler that sees the project alone. */
import secret from "../../../../../../../../etc/hosts.txt";
import passwords from "../../../../../../../../etc/passwd" with { type: "text" };

export default () => new Response(secret + passwords);
