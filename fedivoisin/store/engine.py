"""SQLAlchemy's asyncio engine without the ORM that comes with it and that nobody uses here: 7 MB, 0.1 s of CPU."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
else:
    from fedivoisin.lean import submodule

    _engine = submodule("sqlalchemy.ext.asyncio.engine")
    AsyncConnection, AsyncEngine = _engine.AsyncConnection, _engine.AsyncEngine
    create_async_engine = _engine.create_async_engine

__all__ = ["AsyncConnection", "AsyncEngine", "create_async_engine"]
