"""Events as they come in life: each from where its kind may come."""

from core.origin import MAY_WRITE


def origin_of(event):
    return next(origin for origin, kinds in MAY_WRITE.items() if type(event) in kinds)


async def happens(handle, event):
    return await handle(event, origin_of(event))
