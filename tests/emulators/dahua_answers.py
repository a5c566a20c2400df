"""What Dahua devices say yes and no with, by CGI and by RPC2."""

from tests.emulators.http import Response

FORBIDDEN = b"Error\nErrorID=4, Detail=Authority:check failure.\r\n"
BAD = b"Error\r\nBad Request!\r\n"
NO_SIZE, BAD_TABLE, BAD_USER, BAD_PASSWORD = 268959743, 268959745, 268632074, 268632064
WRONG, LOCKED, CHALLENGE, NO_RIGHT, NO_METHOD = 268632085, 268632081, 268632079, 285278249, 268894210


def ok():
    return Response(200, b"OK\r\n")


def error(code, message, **params):
    return {"result": False, "error": {"code": code, "message": message}, **({"params": params} if params else {})}
