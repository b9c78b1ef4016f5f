"""The least a proxy can be: aiohttp and uvloop, headers set, bytes passed. The yardstick for ours."""

import asyncio
import json
import sys

import aiohttp
from aiohttp import web


async def _run(api_url: str, headers: dict[str, str]) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def handle(request: web.BaseRequest) -> web.StreamResponse:
            body = await request.read()
            async with session.post(api_url + request.path, data=body, headers=headers) as upstream:
                response = web.StreamResponse(
                    status=upstream.status, headers={"Content-Type": upstream.headers["Content-Type"]}
                )
                await response.prepare(request)
                while chunk := await upstream.content.readany():
                    await response.write(chunk)
                return response

        runner = web.ServerRunner(web.Server(handle, access_log=None))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        print(json.dumps({"url": f"http://127.0.0.1:{runner.addresses[0][1]}"}), flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop_runner:
        loop_runner.run(_run(sys.argv[1], json.loads(sys.argv[2])))
