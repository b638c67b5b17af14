/** The package is not installed: line 2, column 25. */
import { leftPad } from "no-such-package-of-zygo/left";

export default () => new Response(leftPad("never deployed"));
