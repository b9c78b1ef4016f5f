"""The tray: icon, menu, window, notifications. It knows the program only as `controls.Controls`."""
