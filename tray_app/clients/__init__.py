"""Connecting coding tools: what each keeps where, what to write there, and how to take it back.

edits, json_text, toml_text, yaml_text, env_text, undo   PURE. text in, text out
claude_code ... llm_cli                                  one tool each: its files, its keys, its models
registry                                                 the table of tools
desk                                                     list, preview, connect, disconnect
files, memory, places, wsl                               the machine: files, what was there before, folders
"""
